# The server, without pip and build tools, for any uid. How to run it: docs/install.md.

FROM python:3.12-slim AS builder
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
# The environment gets its packages from outside, so that it holds no pip. Bytecode is made here, once and for
# good: the final image runs under uids that may not write it, and copying may change the dates of files.
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/atlascloud-mcp \
    && python -m pip --python /opt/atlascloud-mcp/bin/python install --no-cache-dir --no-compile /wheels/*.whl \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/atlascloud-mcp/lib

FROM python:3.12-slim
LABEL org.opencontainers.image.title="atlascloud-mcp" \
      org.opencontainers.image.description="MCP server over stdio that makes pictures, videos, 3D meshes, sound and text with Atlas Cloud models" \
      org.opencontainers.image.licenses="MIT"
# The base image ships its standard library without bytecode; a container compiled it anew at every start.
RUN python -m pip uninstall --yes pip \
    && rm -rf /usr/local/lib/python3.12/ensurepip \
    && python -m compileall -q --invalidation-mode unchecked-hash /usr/local/lib/python3.12
COPY --from=builder /opt/atlascloud-mcp /opt/atlascloud-mcp
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# Nobody's uid, which `-u` replaces by the caller's. Neither has a home: without ATLASCLOUD_OUTPUT_DIR
# results go to /tmp/AtlasCloud-<uid>. The model catalogue is kept in /tmp/atlascloud-mcp-<uid>; nothing else is written.
USER 65532:65532
ENTRYPOINT ["/opt/atlascloud-mcp/bin/atlascloud-mcp"]
