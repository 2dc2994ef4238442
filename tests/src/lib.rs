//! What the end-to-end tests share.

pub mod browser;
pub mod kubernetes;
pub mod moto;
mod skip;
mod venv;
