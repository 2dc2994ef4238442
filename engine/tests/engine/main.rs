//! The engine from outside, over a world in memory.

mod departures;
mod differences;
mod events;
mod graphs;
mod inputs;
mod lifecycles;
mod order;
mod panics;
mod pictures;
mod reports;
mod retries;
mod stops;
mod strays;
mod timelines;
mod world;
