//! Progress on a terminal: a bar, and what is under way below it.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::time::Instant;

use super::{super::page::Terminal, board::Board};

/// A bar that is drawn anew.
pub(super) struct Live {
    bar: ProgressBar,
    board: Arc<Mutex<Board>>,
}

impl Live {
    pub(super) fn new() -> Self {
        let board = Arc::new(Mutex::new(Board::new(Instant::now())));
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is ours and sound; the default is good enough if it were not.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {summary}\n{busy}") {
            let (of_summary, of_busy) = (board.clone(), board.clone());
            let style = style.progress_chars("=> ").with_key(
                "summary",
                move |_: &ProgressState, out: &mut dyn fmt::Write| {
                    // What cannot be drawn is drawn the next time.
                    let _ = write!(out, "{}", locked(&of_summary).summary(Instant::now()));
                },
            );
            bar.set_style(style.with_key(
                "busy",
                move |_: &ProgressState, out: &mut dyn fmt::Write| {
                    let _ = write!(out, "{}", busy(&locked(&of_busy)));
                },
            ));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, board }
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Board)) {
        let (finished, total) = {
            let mut board = locked(&self.board);
            change(&mut board);
            (board.finished, board.total)
        };
        self.bar.set_length(total as u64);
        self.bar.set_position(finished as u64);
    }

    /// Says something above the bar.
    pub(super) fn say(&self, text: &str) {
        let plain = AutoStream::choice(&io::stderr()) == ColorChoice::Never;
        if plain {
            self.bar.println(anstream::adapter::strip_str(text).to_string());
        } else {
            self.bar.println(text);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn locked(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is under way, a line each, cut where the terminal would break them: it could not take them
/// back.
fn busy(board: &Board) -> String {
    let room = Terminal::settled().columns.map_or(usize::MAX, |columns| columns.saturating_sub(1));
    let lines = board.busy(Instant::now()).into_iter();
    let lines: Vec<String> =
        lines.map(|line| format!("  {line}").chars().take(room).collect()).collect();
    lines.join("\n")
}
