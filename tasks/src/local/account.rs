//! The account itself: made, opened, looked at, edited, and called.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{
    AccountError, Call, DIED, Effect, Fault, Journal, Moment, State, StateError,
    error::Refusal,
    state::Kept,
    store::{FileStore, Store},
};
use crate::cloud::{CallCount, CloudError, Tally, code};

/// The error code of a call that met an account file it could not use. It is none of AWS's.
pub const ACCOUNT_FILE: &str = "AccountFile";

/// An AWS account in this process, kept in memory or in one file.
///
/// It implements the ports of [`cloud`](crate::cloud), so tasks run on it as they run on AWS.
/// See the [module](super) for its rules and the format of its file.
#[derive(Debug)]
pub struct Account {
    store: Store,
    /// Whether the caller is taken for dead, by [`Effect::DieBefore`] or [`Effect::DieAfter`].
    dead: AtomicBool,
    journal: Option<Mutex<Journal>>,
    tally: Tally,
}

/// An account's state as text for people to change; see [`Account::draft`].
#[derive(Clone, Debug)]
pub struct Draft {
    /// The text: JSON, policy documents written out.
    pub text: String,
    base: State,
}

impl Account {
    /// An account in memory, gone when dropped.
    pub fn in_memory(state: State) -> Self {
        Self::new(Store::Memory(Mutex::new(state)))
    }

    /// Opens the account in a file.
    ///
    /// # Errors
    ///
    /// Where there is none, or what is there is not an account.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, AccountError> {
        let account = Self::new(Store::File(FileStore::new(path)));
        account.store.read(|_| ())?;
        Ok(account)
    }

    /// Opens the account in a file, and makes an empty one ([`State::default`]) where there is
    /// none.
    ///
    /// # Errors
    ///
    /// Where what is there is not an account, or the file cannot be written.
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, AccountError> {
        let file = FileStore::new(path);
        file.put(|current| match current {
            Ok(_) => Ok(None),
            Err(AccountError::Missing(_)) => Ok(Some(State::default())),
            Err(error) => Err(error),
        })?;
        Ok(Self::new(Store::File(file)))
    }

    /// Makes an account in a file, with its folder, that holds what the seed says.
    ///
    /// # Errors
    ///
    /// Where there is a file already, or it cannot be written.
    pub fn init(path: impl Into<PathBuf>, seed: State) -> Result<Self, AccountError> {
        let file = FileStore::new(path);
        let exists = AccountError::Exists(file.path().to_owned());
        file.put(|current| match current {
            Err(AccountError::Missing(_)) => Ok(Some(seeded(seed))),
            _ => Err(exists),
        })?;
        Ok(Self::new(Store::File(file)))
    }

    /// Starts the account in a file afresh, with the given seed or else the one it was made with;
    /// where that cannot be read any more, or there never was one, as an empty account.
    ///
    /// # Errors
    ///
    /// Where there is no file, or it cannot be read or written.
    pub fn reset(path: impl Into<PathBuf>, seed: Option<State>) -> Result<Self, AccountError> {
        let file = FileStore::new(path);
        file.put(|current| {
            let remembered = match current {
                Ok(state) => state.seed.clone(),
                Err(AccountError::Unreadable { .. }) => None,
                Err(error) => return Err(error),
            };
            let remembered = || State::from_value(&Value::from_iter(remembered?)).ok();
            Ok(Some(seed.or_else(remembered).map_or_else(State::default, seeded)))
        })?;
        Ok(Self::new(Store::File(file)))
    }

    fn new(store: Store) -> Self {
        Self { store, dead: AtomicBool::new(false), journal: None, tally: Tally::default() }
    }

    /// Records every call and every state from now on; see [`journal`](Self::journal).
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.journal = Some(Mutex::default());
        self
    }

    /// What happened since [`recording`](Self::recording); empty where nothing is recorded.
    pub fn journal(&self) -> Journal {
        let journal = self.journal.as_ref();
        journal.map_or_else(Journal::default, |journal| {
            journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// The calls so far.
    pub(super) fn counted(&self) -> Vec<CallCount> {
        self.tally.counts()
    }

    /// The file it is in.
    pub fn path(&self) -> Option<&Path> {
        match &self.store {
            Store::Memory(_) => None,
            Store::File(file) => Some(file.path()),
        }
    }

    /// What it holds now.
    ///
    /// # Errors
    ///
    /// Where its file cannot be read.
    pub fn state(&self) -> Result<State, AccountError> {
        self.store.read(State::clone)
    }

    /// Has it meet this fault from now on, beside those it has.
    ///
    /// # Errors
    ///
    /// Where its file cannot be written.
    pub fn add_fault(&self, fault: Fault) -> Result<(), AccountError> {
        self.change(|state| state.faults.push(fault))
    }

    /// Rids it of all its faults. A caller that died stays dead.
    ///
    /// # Errors
    ///
    /// Where its file cannot be written.
    pub fn clear_faults(&self) -> Result<(), AccountError> {
        self.change(|state| state.faults.clear())
    }

    /// Notes what came of a call beside its answer.
    pub(super) fn note(
        &self,
        call: &Call,
        note: impl FnOnce(&mut State),
    ) -> Result<(), CloudError> {
        self.change(note).map_err(|error| unusable(call, &error))
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), AccountError> {
        let changed = self.store.write(|state| {
            change(state);
            Ok::<_, std::convert::Infallible>(())
        })?;
        match changed {
            Ok(()) => Ok(()),
            Err(never) => match never {},
        }
    }

    /// What it holds now, as JSON for people: policy documents are written out, and what it was
    /// seeded with is left out.
    ///
    /// # Errors
    ///
    /// Where its file cannot be read.
    pub fn show(&self) -> Result<Value, AccountError> {
        self.store.read(State::readable)
    }

    /// What it holds now, as text for people to change. Others may go on using the account
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// Where its file cannot be read.
    pub fn draft(&self) -> Result<Draft, AccountError> {
        let base = self.state()?;
        Ok(Draft { text: format!("{:#}\n", base.readable()), base })
    }

    /// Puts a changed draft in force. A document that means what it did keeps its very text.
    ///
    /// # Errors
    ///
    /// Where `text` is not an account's state, with all its mistakes; where the account has
    /// changed since the draft was taken; where its file cannot be written.
    pub fn edit(&self, draft: &Draft, text: &str) -> Result<(), EditError> {
        let mut state = State::parse(text)?;
        state.seed.clone_from(&draft.base.seed);
        state.keep_texts_of(&draft.base);
        self.store.write(|current| {
            if *current != draft.base {
                return Err(EditError::Changed);
            }
            *current = state;
            Ok(())
        })?
    }

    /// Answers a call that changes nothing.
    pub(super) async fn read<T>(
        &self,
        call: Call,
        answer: impl FnOnce(&State) -> Result<T, Refusal>,
    ) -> Result<T, CloudError> {
        let (service, operation) = (call.service, call.operation);
        self.tally.counting(service, operation, self.answer(call, answer)).await
    }

    async fn answer<T>(
        &self,
        call: Call,
        answer: impl FnOnce(&State) -> Result<T, Refusal>,
    ) -> Result<T, CloudError> {
        let fate = self.meet(&call).await?;
        let missing = self.is_late(&call, call.kind, &call.resource)?;
        let answered = if missing {
            Err(missing_yet(&call))
        } else {
            self.store.read(answer).map_err(|error| unusable(&call, &error))?
        };
        self.deliver(&call, &fate, answered)
    }

    /// Answers a call that changes something.
    pub(super) async fn write<T>(
        &self,
        call: Call,
        change: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, CloudError> {
        let creates = call.operation.starts_with("Create") && !call.kind.is_empty();
        // Auto Scaling knows at once what it was told.
        let new = creates && call.service != "autoscaling" && !call.operation.ends_with("Version");
        let made = new.then(|| format!("{}/{}", call.kind, call.resource));
        self.write_about(call, change, |_| made).await
    }

    /// Answers a call that changes something, and may make what `made` tells from the answer.
    pub(super) async fn write_about<T>(
        &self,
        call: Call,
        change: impl FnOnce(&mut State) -> Result<T, Refusal>,
        made: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, CloudError> {
        let (service, operation) = (call.service, call.operation);
        self.tally.counting(service, operation, self.carry_out(call, change, made)).await
    }

    async fn carry_out<T>(
        &self,
        call: Call,
        change: impl FnOnce(&mut State) -> Result<T, Refusal>,
        made: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, CloudError> {
        let fate = self.meet(&call).await?;
        let changed = self.store.write(|state| {
            let answer = change(state)?;
            if let Some(made) = made(&answer).filter(|_| fate.late > 0) {
                state.late.insert(made, fate.late);
            }
            if let Some(journal) = &self.journal {
                let moment = Moment::of(state, call.clone());
                journal.lock().unwrap_or_else(PoisonError::into_inner).moments.push(moment);
            }
            Ok(answer)
        });
        let changed = changed.map_err(|error| unusable(&call, &error))?;
        self.deliver(&call, &fate, changed)
    }

    /// Whether something was made a moment ago and has not arrived yet. Counts as a read of it.
    pub(super) fn is_late(
        &self,
        call: &Call,
        kind: &str,
        resource: &str,
    ) -> Result<bool, CloudError> {
        let wanted = format!("{kind}/{resource}");
        let covers = |key: &str| {
            let rest = wanted.strip_prefix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let late = self.store.read(|state| state.late.keys().any(|key| covers(key)));
        if !late.map_err(|error| unusable(call, &error))? {
            return Ok(false);
        }
        let counted = self.change(|state| {
            for (_, reads) in state.late.iter_mut().filter(|(key, _)| covers(key)) {
                *reads = reads.saturating_sub(1);
            }
            state.late.retain(|_, reads| *reads > 0);
        });
        counted.map_err(|error| unusable(call, &error))?;
        Ok(true)
    }

    /// Records a call, lets it meet the faults it matches, and says what becomes of its answer.
    async fn meet(&self, call: &Call) -> Result<Fate, CloudError> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(died(call));
        }
        if let Some(journal) = &self.journal {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.calls.push(call.clone());
        }
        let concerned = self.store.read(|state| {
            state.faults.iter().any(|fault| !fault.is_spent() && fault.matches(call))
        });
        if !concerned.map_err(|error| unusable(call, &error))? {
            return Ok(Fate::default());
        }
        let mut fate = Fate::default();
        let counted = self.change(|state| {
            for fault in state.faults.iter_mut().filter(|fault| fault.matches(call)) {
                if fault.meet() {
                    fate.suffer(&fault.effect, call);
                }
            }
        });
        counted.map_err(|error| unusable(call, &error))?;
        if !fate.slow.is_zero() {
            tokio::time::sleep(fate.slow).await;
        }
        if fate.dies == Some(Dies::Before) {
            self.dead.store(true, Ordering::SeqCst);
            return Err(died(call));
        }
        // Another call of the same caller may have died meanwhile.
        if self.dead.load(Ordering::SeqCst) {
            return Err(died(call));
        }
        match fate.refused.take() {
            Some(refusal) => Err(refusal.of(call.service, call.operation)),
            None => Ok(fate),
        }
    }

    /// Hands an answer to the caller, if it is still there and the answer arrives.
    fn deliver<T>(
        &self,
        call: &Call,
        fate: &Fate,
        answer: Result<T, Refusal>,
    ) -> Result<T, CloudError> {
        if fate.dies == Some(Dies::After) {
            self.dead.store(true, Ordering::SeqCst);
            return Err(died(call));
        }
        if fate.loses_reply {
            let message = "the connection was closed before the answer came";
            return Err(CloudError::new(
                call.service,
                call.operation,
                code::CONNECTION_ERROR,
                message,
            ));
        }
        answer.map_err(|refusal| refusal.of(call.service, call.operation))
    }
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// What the text says is not an account's state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Somebody else changed the account meanwhile.
    #[error("the account has changed since the edit began; nothing was written: start again")]
    Changed,
    /// The account's file is of no use.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// What becomes of a call.
#[derive(Debug, Default)]
struct Fate {
    slow: Duration,
    refused: Option<Refusal>,
    late: u64,
    loses_reply: bool,
    dies: Option<Dies>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    Before,
    After,
}

impl Fate {
    /// Adds an effect to those there are; of several errors the first is answered.
    fn suffer(&mut self, effect: &Effect, call: &Call) {
        let ec2 = call.service == "ec2";
        let refused = match effect {
            Effect::Slow { milliseconds } => {
                self.slow += Duration::from_millis(*milliseconds);
                None
            }
            Effect::Throttle => {
                let code = if ec2 { "RequestLimitExceeded" } else { "Throttling" };
                Some(Refusal::new(code, "Rate exceeded"))
            }
            Effect::Deny => {
                let code = if ec2 { "UnauthorizedOperation" } else { "AccessDenied" };
                let (service, operation) = (call.service, call.operation);
                let on = if call.resource.is_empty() { "" } else { " on " };
                let message = format!(
                    "not authorized to perform: {service}:{operation}{on}{}",
                    call.resource
                );
                Some(Refusal::new(code, message))
            }
            Effect::Error { code, message } => {
                let message = if message.is_empty() { "a fault was asked for" } else { message };
                Some(Refusal::new(code, message))
            }
            Effect::Late { reads } => {
                self.late = self.late.max(*reads);
                None
            }
            Effect::LoseReply => {
                self.loses_reply = true;
                None
            }
            Effect::DieBefore => {
                self.dies = Some(Dies::Before);
                None
            }
            Effect::DieAfter => {
                self.dies = self.dies.or(Some(Dies::After));
                None
            }
        };
        self.refused = self.refused.take().or(refused);
    }
}

fn died(call: &Call) -> CloudError {
    let message = "the account was told to have its caller die here";
    CloudError::new(call.service, call.operation, DIED, message)
}

fn unusable(call: &Call, error: &AccountError) -> CloudError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let message = format!("{error}{}", cause.unwrap_or_default());
    CloudError::new(call.service, call.operation, ACCOUNT_FILE, message)
}

fn missing_yet(call: &Call) -> Refusal {
    let code = if call.service == "ec2" {
        "InvalidLaunchTemplateName.NotFoundException"
    } else {
        "NoSuchEntity"
    };
    Refusal::new(code, format!("{} {} cannot be found.", call.kind, call.resource))
}

/// A state that remembers what it starts as.
fn seeded(mut state: State) -> State {
    state.seed = None;
    if let Ok(seed) = serde_json::to_value(&state).and_then(serde_json::from_value::<Kept>) {
        state.seed = Some(seed);
    }
    state
}
