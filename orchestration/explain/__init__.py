"""Where one number comes from: `liia explain`."""
