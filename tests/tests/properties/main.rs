//! What is true of every plan and apply, whatever the manifest, the account and the trouble on the
//! way: over the library and the embedded account, and for a few over sockets.

mod accounts;
mod crashes;
mod departures;
mod foreign;
mod manifests;
mod moments;
mod plans;
mod runs;
mod saved;
mod sockets;
