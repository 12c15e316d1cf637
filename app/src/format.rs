//! Durations, moments and counts as text, the same on both sides.
