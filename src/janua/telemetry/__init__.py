"""What can be seen of Janua at work: spans, metrics, log lines. A leaf: it knows no other part of Janua.

`spans` measures steps of a request, `tracing` decides which requests are measured and where their spans go, `otlp`
sends them, `recent` keeps the last ones for the page `/traces`; `metrics` has every instrument; `logs` writes lines,
`trouble` few of what lasts. `environment` checks OpenTelemetry's variables.
"""
