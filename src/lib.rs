//! Amends static archives after they are built, so that they link.
