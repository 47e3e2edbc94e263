"""The flood kernel: formulas, kernels on either device, and the time loop."""
