//! Faults: what goes wrong on cue.
