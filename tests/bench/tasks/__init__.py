"""Scripts that run under any checkout of gmplug, named by PYTHONPATH; they use public names that all have."""
