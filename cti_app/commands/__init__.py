"""The commands of `cti`, one module a topic; `cti_app.cli` puts them together."""
