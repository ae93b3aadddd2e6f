"""The ways in which Atlas Cloud has been seen to say the same thing: its pages, its own clients, other people's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import TypeAdapter

from atlascloud_mcp.sandbox.jobs import FAILURES, SUCCESSES
from atlascloud_mcp.sandbox.shelf import Upload

SubmitShape = Literal["data_id", "data_only", "top_level", "prediction_id", "request_id", "string_code"]
PredictionShape = Literal[
    "envelope",
    "bare",
    "string_code",
    "no_code",
    "minimal",
    "output_single",
    "output_list",
    "output_objects",
    "data_uri",
    "text",
    "empty",
    "fewer",
    "null_outputs",
    "failed_500",
    "failed_code_200",
    "error_object",
    "error_null",
    "nsfw_bool",
    "nsfw_null",
    "price_number",
    "price_absent",
]
UploadShape = Literal[
    "download_url", "filename_type", "bare", "data_url", "data_string", "top_level_url", "url_size_mime"
]

SUBMIT_SHAPES: tuple[SubmitShape, ...] = get_args(SubmitShape)
PREDICTION_SHAPES: tuple[PredictionShape, ...] = get_args(PredictionShape)
UPLOAD_SHAPES: tuple[UploadShape, ...] = get_args(UploadShape)

_TEXTS = TypeAdapter(list[str])

FAILURE_MESSAGE = "Generation failed: task processing failed (code: generation_failed)"

Payload = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and the JSON object that goes with it."""

    status: int
    payload: Payload


def submit_answer(shape: SubmitShape, prediction: Payload) -> Answer:
    """The acknowledgement of a submit; a job that has ended already (sync mode) is told whole."""
    job_id, status = prediction["id"], prediction["status"]
    short: Payload = {"id": job_id, "status": status}
    whole = prediction if str(status).lower() in SUCCESSES | FAILURES else short
    payloads: dict[SubmitShape, Payload] = {
        "data_id": {"code": 200, "message": "success", "data": whole},
        "data_only": {"data": {"id": job_id}},
        "top_level": {**short, "model": prediction["model"], "created_at": prediction["created_at"]},
        "prediction_id": {"predictionId": job_id},
        "request_id": {"code": 200, "data": {"request_id": job_id}},
        "string_code": {"code": "200", "message": "success", "data": whole},
    }
    return Answer(200, payloads[shape])


def upload_answer(shape: UploadShape, upload: Upload, url: str) -> Answer:
    """The acknowledgement of an upload that is served at `url`."""
    kind, name, size = upload.content_type, upload.file_name, upload.size
    seeds: Payload = {"download_url": url, "file_name": name, "content_type": kind, "size": size}
    payloads: dict[UploadShape, Payload] = {
        "download_url": {"code": 200, "message": "success", "data": seeds},
        "filename_type": {
            "code": 200,
            "data": {"download_url": url, "filename": name, "type": kind, "size": size},
        },
        "bare": seeds,
        "data_url": {"code": 200, "data": {"url": url}},
        "data_string": {"code": 200, "data": url},
        "top_level_url": {"url": url},
        "url_size_mime": {"url": url, "size": size, "mimeType": kind},
    }
    return Answer(200, payloads[shape])


def prediction_answer(shape: PredictionShape, prediction: Payload) -> Answer:
    """The answer to a poll. Shapes about results or failures leave a job in any other state alone."""
    data = dict(prediction)
    status = str(data["status"]).lower()
    if status in SUCCESSES and shape in _RESULTS:
        _RESULTS[shape](data)
    if status in FAILURES and shape in _VERDICTS:
        return _VERDICTS[shape](data)
    if shape == "bare":
        return Answer(200, data)
    if shape == "minimal":
        return Answer(200, {"data": {key: data[key] for key in ("status", "outputs", "error")}})
    if shape == "no_code":
        return Answer(200, {"data": data})
    return Answer(200, {"code": "200" if shape == "string_code" else 200, "message": "success", "data": data})


def _outputs(data: Payload) -> list[str]:
    return _TEXTS.validate_python(data["outputs"] or [])


def _output_single(data: Payload) -> None:
    data["output"] = next(iter(_outputs(data)), None)
    del data["outputs"]


def _output_list(data: Payload) -> None:
    data["output"] = data.pop("outputs")


def _output_objects(data: Payload) -> None:
    data["outputs"] = [_object(entry) for entry in _outputs(data)]


def _object(entry: str) -> Payload | str:
    """An output as an object; one that is text stays as it is."""
    if not entry.startswith(("http://", "https://", "data:")):
        return entry
    is_sound = entry.startswith("data:audio/") or entry.endswith(".wav")
    return {"audio_url": entry, "type": "audio"} if is_sound else {"url": entry, "type": "image"}


def _fewer(data: Payload) -> None:
    data["outputs"] = _outputs(data)[:-1]


def _nsfw_bool(data: Payload) -> None:
    data["has_nsfw_contents"] = data["has_nsfw_contents"] == [True]


def _price_number(data: Payload) -> None:
    data["price"] = float(str(data["price"]))


def _without_price(data: Payload) -> None:
    del data["price"]


def _replaced(**values: object) -> Callable[[Payload], None]:
    return lambda data: data.update(values)


def _failed_500(_: Payload) -> Answer:
    bare: Payload = {"status": "failed", "outputs": None, "executionTime": 0, "timings": {"inference": 0}}
    return Answer(500, {"code": 500, "message": FAILURE_MESSAGE, "data": bare})


def _failed_code_200(data: Payload) -> Answer:
    return Answer(200, {"code": 500, "message": FAILURE_MESSAGE, "data": data})


def _error_object(data: Payload) -> Answer:
    error = {"code": "generation_failed", "message": data["error"]}
    return Answer(200, {"code": 200, "data": {**data, "error": error}})


def _error_null(data: Payload) -> Answer:
    return Answer(200, {"code": 200, "message": data["error"], "data": {**data, "error": None}})


_RESULTS: dict[PredictionShape, Callable[[Payload], None]] = {
    "output_single": _output_single,
    "output_list": _output_list,
    "output_objects": _output_objects,
    "text": _replaced(outputs=["The sandbox says: this model answers in words."]),
    "empty": _replaced(outputs=[]),
    "fewer": _fewer,
    "null_outputs": _replaced(outputs=None),
    "nsfw_bool": _nsfw_bool,
    "nsfw_null": _replaced(has_nsfw_contents=None),
    "price_number": _price_number,
    "price_absent": _without_price,
}
_VERDICTS: dict[PredictionShape, Callable[[Payload], Answer]] = {
    "failed_500": _failed_500,
    "failed_code_200": _failed_code_200,
    "error_object": _error_object,
    "error_null": _error_null,
}
