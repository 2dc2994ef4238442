//! Graphs to measure with, the same on every machine.

use std::time::Duration;

/// Who needs whom, and how long each takes.
#[derive(Default)]
pub(crate) struct Shape {
    pub(crate) needs: Vec<Vec<usize>>,
    pub(crate) needers: Vec<Vec<usize>>,
    pub(crate) latency: Vec<Duration>,
}

/// The IAM and instances of one cluster of four instance groups, by what each needs: per group a
/// role, two policies, attachments, a profile, the role in the profile, a template and a group.
const CLUSTER: [&[usize]; 8] = [&[], &[0], &[0], &[0], &[], &[0, 4], &[1, 2, 3, 5], &[6]];

impl Shape {
    pub(crate) fn all(size: usize) -> [(&'static str, Self); 4] {
        let mut dice = fastrand::Rng::with_seed(1);
        let width = size.isqrt().max(1);
        let layered = |task: usize| {
            let layer = task / width;
            let first = layer.saturating_sub(3) * width;
            if layer == 0 {
                vec![]
            } else {
                (0..3).map(|_| dice.usize(first..layer * width)).collect()
            }
        };
        let cluster = |task: usize| {
            let (base, place) = (task - task % CLUSTER.len(), task % CLUSTER.len());
            CLUSTER[place].iter().map(|need| base + need).collect()
        };
        [
            ("chain", Self::new(size, |task| task.checked_sub(1).into_iter().collect())),
            ("wide", Self::new(size, |task| if task == 0 { vec![] } else { vec![0] })),
            ("layered", Self::new(size, layered)),
            ("cluster", Self::new(size, cluster)),
        ]
    }

    fn new(size: usize, needs: impl FnMut(usize) -> Vec<usize>) -> Self {
        let mut dice = fastrand::Rng::with_seed(2);
        let mut needs: Vec<Vec<usize>> = (0..size).map(needs).collect();
        let mut needers = vec![Vec::new(); size];
        for (task, needs) in needs.iter_mut().enumerate() {
            needs.sort_unstable();
            needs.dedup();
            for need in needs.iter() {
                needers[*need].push(task);
            }
        }
        // Skewed as calls of an API are: mostly around 80 ms, now and then 300.
        let latency = (0..size).map(|_| 20.0 + 280.0 * dice.f64().powi(4));
        let latency = latency.map(|ms: f64| Duration::from_secs_f64(ms.round() / 1000.0));
        Self { latency: latency.collect(), needs, needers }
    }

    pub(crate) fn size(&self) -> usize {
        self.needs.len()
    }

    /// The least time in which so many places can run it.
    pub(crate) fn bound(&self, places: usize) -> Duration {
        let mut ends: Vec<Duration> = Vec::with_capacity(self.size());
        for (needs, latency) in self.needs.iter().zip(&self.latency) {
            let met = needs.iter().map(|need| ends[*need]).max().unwrap_or_default();
            ends.push(met + *latency);
        }
        let path = ends.into_iter().max().unwrap_or_default();
        let shared = self.latency.iter().sum::<Duration>().as_secs_f64() / places as f64;
        path.max(Duration::from_secs_f64(shared))
    }
}
