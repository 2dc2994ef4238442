//! Signals.

use cloudup_engine::Stop;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure};

/// Stops the run on the first signal, leaves it on the second. Listens before it returns, so that
/// no signal from then on ends the process. The token is cancelled by the first signal.
#[cfg(unix)]
pub(super) fn stop_on_signals() -> Result<(Stop, CancellationToken), Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen =
        |kind| signal(kind).map_err(|e| Failure::because(Exit::Failed, "listen for signals", &e));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let (stop, first) = (Stop::new(), CancellationToken::new());
    let (escalating, cancelling) = (stop.clone(), first.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            escalating.escalate();
            cancelling.cancel();
        }
    });
    Ok((stop, first))
}

/// Stops the run on the first interrupt, leaves it on the second.
#[cfg(not(unix))]
pub(super) fn stop_on_signals() -> Result<(Stop, CancellationToken), Failure> {
    let (stop, first) = (Stop::new(), CancellationToken::new());
    let (escalating, cancelling) = (stop.clone(), first.clone());
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            escalating.escalate();
            cancelling.cancel();
        }
    });
    Ok((stop, first))
}
