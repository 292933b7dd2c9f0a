"""Every deed dies at every fault point once, and what comes after puts it right."""
