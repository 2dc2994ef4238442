//! The command line as its users have it: the binary, in an empty folder, on the embedded account.

mod account;
mod bad_accounts;
mod bad_input;
mod bad_manifests;
mod book;
mod delete;
mod delete_instance;
mod denied;
mod drift;
mod iam;
mod kubernetes;
mod lifecycles;
mod lock;
mod objects;
mod output;
mod overrides;
mod phases;
mod plans;
mod procedure;
mod rolling_update;
mod shell;
mod signals;
mod sockets;
mod state;
mod together;
