//! Whole workflows through the public face: real stores, real processes, real time.

mod bench;
mod cancel;
mod patterns;
mod recovery;
mod restart;
