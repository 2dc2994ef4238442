//! What the end-to-end tests share.

pub mod kubernetes;
pub mod moto;
