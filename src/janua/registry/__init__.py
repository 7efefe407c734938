"""Which schemas are allowed, and what they mean: JSON Schema in, `janua.model` out. Pure."""
