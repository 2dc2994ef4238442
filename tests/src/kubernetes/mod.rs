//! A Kubernetes API in this process, as far as cloudup calls it: real requests and real objects, over
//! a socket.
//!
//! ```
//! use cloudup_tests::kubernetes::{FakeKubernetes, Machine};
//!
//! let machine = Machine::new("i-1", "nodes-a", "node");
//! let kubernetes = FakeKubernetes::of(move || vec![machine.clone()]);
//! kubernetes.state().refuse("web-0", 3);
//!
//! let folder = tempfile::tempdir().unwrap();
//! let config = folder.path().join("kubeconfig");
//! std::fs::write(&config, kubernetes.kubeconfig("demo.example.com")).unwrap();
//! // Run `cloudup` with KUBECONFIG naming that file.
//! ```

mod account;
mod objects;
mod server;
mod state;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

pub use self::{
    account::machines,
    objects::{Machine, pod},
    state::{Fault, State},
};

/// A Kubernetes API. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeKubernetes {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeKubernetes {
    /// One without nodes.
    ///
    /// # Panics
    ///
    /// Where this machine has no socket for it.
    pub fn start() -> Self {
        Self::serve(State::of(None))
    }

    /// One whose nodes are these machines, asked for anew before each request: what appears there
    /// has joined, and what is there no longer goes with its pods.
    ///
    /// # Panics
    ///
    /// Where this machine has no socket for it.
    pub fn of(machines: impl Fn() -> Vec<Machine> + Send + 'static) -> Self {
        Self::serve(State::of(Some(Box::new(machines))))
    }

    fn serve(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = listener.local_addr().expect("a socket has an address");
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&state);
        let thread = thread::spawn(move || server::run(listener, &served, stopped));
        Self { address, state, stop: Some(stop), thread: Some(thread) }
    }

    /// Its inside, to look at and to change. Let go of it before the next request.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kubeconfig with one context of this name.
    pub fn kubeconfig(&self, context: &str) -> String {
        kubeconfig(&[context], &format!("http://{}", self.address), "{}")
    }
}

/// A kubeconfig whose contexts, the first of them current, all mean this server and this user.
pub fn kubeconfig(contexts: &[&str], server: &str, user: &str) -> String {
    let context =
        |name: &&str| format!("- name: {name}\n  context: {{ cluster: fake, user: somebody }}\n");
    let current = contexts.first().copied().unwrap_or_default();
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {current}\ncontexts:\n{}clusters:\n\
         - name: fake\n  cluster: {{ server: \"{server}\" }}\nusers:\n- name: somebody\n  user: {user}\n",
        contexts.iter().map(context).collect::<String>()
    )
}

impl Drop for FakeKubernetes {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been told already.
            let _ = thread.join();
        }
    }
}
