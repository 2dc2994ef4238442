//! What the engine costs, beside a loop that only keeps count: one JSON object a line.
//!
//! ```text
//! cargo run --release -p cloudup-engine --example bench              # 100 to 10,000 tasks
//! cargo run --release -p cloudup-engine --example bench -- 1000000   # that many
//! ```
//!
//! `us_per_task` is wall time over a run alone, the best of several; `ratio` is that over the
//! reference's: one boxed future a task, one `FuturesUnordered`, counters, nothing else. `makespan`
//! is the time a run with latencies takes over the least that it could take (the longest path, or
//! all work shared among the places), on a paused clock.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures, to three digits")]

mod shape;
mod world;

use std::{env, error::Error, time::Instant};

use cloudup_engine::{Graph, Mode, Options, Source, lifecycle};
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use serde_json::json;
use shape::Shape;
use world::{Cell, Store};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let sizes: Vec<usize> =
        env::args().skip(1).map(|size| size.parse()).collect::<Result<_, _>>()?;
    let sizes = if sizes.is_empty() { vec![100, 1_000, 10_000] } else { sizes };
    for size in sizes {
        for (name, shape) in Shape::all(size) {
            for concurrency in [usize::MAX, 16] {
                measure(name, &shape, concurrency)?;
            }
        }
    }
    Ok(())
}

fn measure(name: &str, shape: &Shape, concurrency: usize) -> Outcome<()> {
    let tasks = shape.size();
    let rounds = (200_000 / tasks).clamp(1, 20);
    let micros = |nanos: u128| nanos as f64 / 1000.0 / tasks as f64;
    let limit = (concurrency < usize::MAX).then_some(concurrency);

    let mut reference = u128::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        block_on(false, bare(shape, concurrency))?;
        reference = reference.min(start.elapsed().as_nanos());
    }
    let cell = json!({ "shape": name, "tasks": tasks, "limit": limit, "mode": "bare" });
    print(cell, &[("us_per_task", micros(reference))]);

    for (mode, found, run) in [
        ("plan, nothing to do", true, Mode::Plan),
        ("apply, nothing to do", true, Mode::Apply),
        ("apply, all to create", false, Mode::Apply),
    ] {
        let mut best = u128::MAX;
        for _ in 0..rounds {
            let store = Store { found, latency: false };
            let graph = graph(shape);
            let options = Options { concurrency, ..Options::default() };
            let start = Instant::now();
            let report = block_on(false, async {
                match run {
                    Mode::Plan => graph.plan(&store, &options, |_| ()).await,
                    Mode::Apply => graph.apply(&store, &options, |_| ()).await,
                }
            })??;
            best = best.min(start.elapsed().as_nanos());
            assert!(report.succeeded(), "{name}");
        }
        let cell = json!({ "shape": name, "tasks": tasks, "limit": limit, "mode": mode });
        let ratio = best as f64 / reference as f64;
        print(cell, &[("us_per_task", micros(best)), ("ratio", ratio)]);
    }

    let store = Store { found: false, latency: true };
    let options = Options { concurrency, ..Options::default() };
    let makespan = block_on(true, async {
        let start = tokio::time::Instant::now();
        graph(shape).apply(&store, &options, |_| ()).await.map(|_| start.elapsed())
    })??;
    let bound = shape.bound(concurrency.min(tasks));
    let cell = json!({ "shape": name, "tasks": tasks, "limit": limit, "mode": "latency" });
    print(cell, &[("makespan", makespan.as_secs_f64() / bound.as_secs_f64())]);
    Ok(())
}

fn print(mut cell: serde_json::Value, figures: &[(&str, f64)]) {
    for (name, figure) in figures {
        cell[name] = json!((figure * 1000.0).round() / 1000.0);
    }
    println!("{cell}");
}

fn block_on<F: Future>(paused: bool, run: F) -> Outcome<F::Output> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_time().start_paused(paused).build()?.block_on(run))
}

fn graph(shape: &Shape) -> Graph<Store> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let mut refs: Vec<cloudup_engine::Ref<Cell>> = Vec::with_capacity(shape.size());
    for (task, needs) in shape.needs.iter().enumerate() {
        let needs = needs.iter().map(|need| refs[*need].get(|task: &usize| *task)).collect();
        refs.push(sync.add(Cell::new(task, needs, shape.latency[task])));
    }
    graph
}

/// The least that could run the tasks in order.
async fn bare(shape: &Shape, concurrency: usize) {
    let mut waiting: Vec<usize> = shape.needs.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..shape.size()).filter(|task| waiting[*task] == 0).collect();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < concurrency {
            let Some(task) = ready.pop() else { break };
            let work: BoxFuture<'_, usize> = Box::pin(async move { task });
            running.push(work);
        }
        let Some(done) = running.next().await else { break };
        for needer in &shape.needers[done] {
            waiting[*needer] -= 1;
            if waiting[*needer] == 0 {
                ready.push(*needer);
            }
        }
    }
}
