"""What is in a file of pictures or sound: sizes, lengths, small previews, the same picture in another format."""
