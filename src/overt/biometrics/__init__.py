"""An image → faces → templates. Arrays in, arrays out; no disk but the packs, no clock."""
