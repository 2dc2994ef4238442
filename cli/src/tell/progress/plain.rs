//! Progress in files and in CI: lines, and now and then one for what takes long.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::board::Board;

/// How long nothing is said at most: longer than instances that are replaced are left alone for.
const SILENCE: Duration = Duration::from_secs(20);

/// Lines on standard error.
pub(super) struct Plain {
    shared: Arc<Mutex<Shared>>,
    /// Says what is waited for, until this is gone.
    beat: Option<JoinHandle<()>>,
}

struct Shared {
    board: Board,
    /// When something was said last.
    said: Instant,
    out: Box<dyn Write + Send>,
}

impl Plain {
    /// `beats` is whether what takes long is told.
    pub(super) fn new(out: Box<dyn Write + Send>, beats: bool) -> Self {
        let now = Instant::now();
        let shared = Arc::new(Mutex::new(Shared { board: Board::new(now), said: now, out }));
        let beat = beats.then(|| tokio::spawn(beat(shared.clone())));
        Self { shared, beat }
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner).board);
    }

    pub(super) fn say(&self, text: &str) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).say(text);
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        if let Some(beat) = &self.beat {
            beat.abort();
        }
    }
}

impl Shared {
    fn say(&mut self, text: &str) {
        self.said = Instant::now();
        // Progress that cannot be told is no reason to stop.
        let _ = writeln!(self.out, "{text}");
    }
}

/// Says what is under way whenever nothing was said for a while.
async fn beat(shared: Arc<Mutex<Shared>>) {
    loop {
        let next = {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if now >= shared.said + SILENCE {
                let sentence = shared.board.sentence(now);
                shared.say(&format!("  {sentence}"));
            }
            shared.said + SILENCE
        };
        sleep_until(next).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panicked").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_told_every_now_and_then() {
        let memory = Memory::default();
        let plain = Plain::new(Box::new(memory.clone()), true);
        let sleep = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        plain.note(|board| board.total = 3);
        plain.note(|board| board.start("VPC/a", "", Instant::now()));
        sleep(10).await;
        plain.say("  + IAMRole/b (1/3)");
        // Somebody spoke: it is quiet for another while.
        sleep(19).await;
        sleep(22).await;
        plain.note(|board| board.end("VPC/a"));
        drop(plain);
        sleep(60).await;
        let told = String::from_utf8(memory.0.lock().expect("nobody panicked").clone());
        assert_eq!(
            told.expect("it is text"),
            "  + IAMRole/b (1/3)\n  0/3 after 30s: VPC/a 30s\n  0/3 after 50s: VPC/a 50s\n"
        );
    }
}
