//! `cloudup edit`: a cluster or an instance group of the state store, in an editor or field by field.

use std::{env, ffi::OsString};

use cloudup::{
    manifest::{Excerpt, Fielded, InstanceGroup, Manifest, ManifestErrors, Mistake, Place},
    store::{CLUSTER, Draft, GROUPS, Store, Stored},
};

use super::{
    editor::{self, Attempt, Edited, Editing},
    input, lock,
    merge::{markers, merge},
    print, state, write,
};
use crate::{
    args::{Edit, FieldArgs, Global, OutputArg},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

const HEADER: [&str; 3] = [
    "Lines at the top that begin so are not part of the document. What is saved is put in force",
    "when it is right; else it is opened again, with what is wrong here. To leave everything as it",
    "is, change nothing, or empty the file.",
];

/// How often fields are set in a document that changes while it is written.
const ATTEMPTS: usize = 5;

const SETTLE: &str = "leave what is right of both, and remove the lines that begin with <<<<<<<, \
    |||||||, ======= or >>>>>>>; to give up, save it as it is";

/// A document of a cluster.
struct Document<'a> {
    store: &'a Store,
    stored: &'a Stored,
    key: String,
}

/// What an edit in an editor is a change of.
struct Base {
    stored: Stored,
    /// Its text was shown in conflict with what was typed.
    conflict: bool,
}

/// Runs `edit`.
pub(super) async fn run(
    global: &Global,
    command: &Edit,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    let (name, fields) = match command {
        Edit::Cluster { name, fields } => (name.as_deref(), fields),
        Edit::Group { cluster, fields, .. } => (cluster.name.as_deref(), fields),
    };
    let name = state::choose(&store, name, environment).await?;
    let stored = state::stored(&store, &name).await?;
    let key = match command {
        Edit::Cluster { .. } => CLUSTER.to_owned(),
        Edit::Group { group, .. } if !stored.groups().any(|known| known == group) => {
            return Err(state::no_group(&stored, group));
        }
        Edit::Group { group, .. } => format!("{GROUPS}/{group}"),
    };
    let document = Document { store: &store, stored: &stored, key };
    if fields.set.is_empty() && fields.unset.is_empty() {
        document.in_editor(fields.format.output, environment).await
    } else {
        document.set(fields, environment).await
    }
}

impl Document<'_> {
    fn text(&self) -> &str {
        &self.stored.documents()[&self.key].text
    }

    fn place(&self) -> &str {
        &self.stored.documents()[&self.key].place
    }

    async fn in_editor(
        &self,
        output: OutputArg,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let editor = environment.editor.clone().unwrap_or_else(|| OsString::from("vi"));
        let called = format!("{}-{}", self.stored.cluster(), self.key.replace('/', "-"));
        let file = editor::free(|number| {
            env::temp_dir().join(format!("cloudup-edit-{called}{number}.yaml"))
        });
        let editing = Editing { editor: &editor, file, comment: "#:", header: &HEADER };
        let mut base = Base { stored: self.stored.clone(), conflict: false };
        let mut shown = None;
        let edited = editing
            .run(self.text(), async |typed| {
                match self.attempt(&mut base, typed, environment).await {
                    Ok(saved) => {
                        shown = Some(saved);
                        Attempt::Done
                    }
                    Err(attempt) => attempt,
                }
            })
            .await?;
        match (edited, shown) {
            (Edited::Saved, Some(shown)) => write::show(output, &[shown]),
            _ => print(|out| writeln!(out, "Nothing was changed.")),
        }
    }

    /// Puts what was typed in force, with what somebody else changed in the meantime.
    async fn attempt(
        &self,
        base: &mut Base,
        typed: &str,
        environment: &Environment,
    ) -> Result<write::Shown, Attempt> {
        if base.conflict
            && let Some(left) = self.conflict_left(typed)
        {
            return Err(Attempt::Mistakes(left.to_string(), self.unsettled()));
        }
        base.conflict = false;
        let mut text = typed.to_owned();
        let mut merged = false;
        loop {
            match self.save(&base.stored, &text, environment).await {
                Ok(saved) => {
                    if merged {
                        tell::note(&format!("{}: that change is kept, too", self.changed()));
                    }
                    return Ok(saved);
                }
                Err(Refused::Changed(now)) => {
                    let Some(theirs) = self.text_in(&now) else {
                        return Err(Attempt::Failed(self.deleted()));
                    };
                    let opened = self.text_in(&base.stored).unwrap_or_default();
                    let both = merge(opened, &text, theirs);
                    let theirs = theirs.to_owned();
                    base.stored = now;
                    match both {
                        Ok(both) => (text, merged) = (both, true),
                        Err(text) => {
                            base.conflict = true;
                            let told = format!("error: {}\n  hint: {SETTLE}", self.changed_there());
                            return Err(Attempt::Merged { text, theirs, told });
                        }
                    }
                }
                Err(Refused::Mistakes(errors)) if merged => {
                    let theirs = self.text_in(&base.stored).unwrap_or_default().to_owned();
                    let told =
                        format!("{}: that change is in the text now.\n{errors}", self.changed());
                    return Err(Attempt::Merged { text, theirs, told });
                }
                Err(Refused::Mistakes(errors)) => {
                    let failure = input::mistakes(&errors);
                    return Err(Attempt::Mistakes(errors.to_string(), failure));
                }
                Err(Refused::Failed(failure)) => return Err(Attempt::Failed(failure)),
            }
        }
    }

    fn text_in<'s>(&self, stored: &'s Stored) -> Option<&'s str> {
        stored.documents().get(&self.key).map(|document| document.text.as_str())
    }

    /// What is wrong with a text that has markers of a conflict.
    fn conflict_left(&self, text: &str) -> Option<ManifestErrors> {
        let lines = markers(text);
        let first = *lines.first()?;
        let lines: Vec<_> = lines.iter().map(usize::to_string).collect();
        let word = if lines.len() == 1 { "line" } else { "lines" };
        let message = format!("markers of a conflict are left: {word} {}", lines.join(", "));
        Some(self.mistake(first, message, SETTLE.to_owned()))
    }

    /// Sets fields without an editor: in what is stored by then, where somebody else changed it
    /// meanwhile.
    async fn set(&self, fields: &FieldArgs, environment: &Environment) -> Result<Exit, Failure> {
        let mut opened = self.stored.clone();
        for _ in 0..ATTEMPTS {
            let text = self.text_in(&opened).ok_or_else(|| self.deleted())?;
            let document = self.fielded(text, fields)?;
            let raw = Excerpt::values(text).into_iter().next().unwrap_or_default();
            if *document.value() == raw {
                return print(|out| writeln!(out, "Nothing was changed."));
            }
            let patched = document.patched(text);
            let loses_comments = patched.is_none() && has_comments(text);
            let text = patched.unwrap_or_else(|| document.to_yaml());
            match self.save(&opened, &text, environment).await {
                Ok(shown) => {
                    if loses_comments {
                        tell::note(&format!(
                            "{} was written anew, without the comments that it had",
                            self.place()
                        ));
                    }
                    return write::show(fields.format.output, &[shown]);
                }
                Err(Refused::Changed(now)) => opened = now,
                Err(Refused::Mistakes(errors)) => {
                    return Err(input::mistakes(&errors).hint(
                        "the places are those of the document with its fields set: nothing was \
                         written",
                    ));
                }
                Err(Refused::Failed(failure)) => return Err(failure),
            }
        }
        Err(failed(self.changed()).hint("nothing was written, for it changes all the time"))
    }

    /// The document of a text with fields set and unset, or all that is wrong with these.
    fn fielded(&self, text: &str, fields: &FieldArgs) -> Result<Fielded, Failure> {
        let raw = Excerpt::values(text).into_iter().next().unwrap_or_default();
        let mut document =
            if self.key == CLUSTER { Fielded::cluster(raw) } else { Fielded::group(raw) };
        let mut results: Vec<_> = fields.unset.iter().map(|path| document.unset(path)).collect();
        results.extend(fields.set.iter().map(|assignment| document.set(assignment)));
        let failures = results.into_iter().filter_map(Result::err).map(|error| {
            let failure = Failure::invalid(error.to_string());
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        });
        failures.reduce(Failure::and).map_or(Ok(document), Err)
    }

    /// Puts a text in the document's place, unless it is wrong, or the document is no longer as it
    /// was `opened`.
    async fn save(
        &self,
        opened: &Stored,
        text: &str,
        environment: &Environment,
    ) -> Result<write::Shown, Refused> {
        // What is wrong is told without a lease.
        self.checked(opened, text).map_err(Refused::Mistakes)?;
        let cluster = self.stored.cluster();
        let what = if self.key == CLUSTER { "edit cluster" } else { "edit instancegroup" };
        let keeper = lock::take(self.store, cluster, what, environment).await?;
        let done = async {
            let now = write::read(self.store, cluster).await?;
            if self.text_in(&now) != self.text_in(opened) {
                return Err(Refused::Changed(now));
            }
            let draft = self.checked(&now, text).map_err(Refused::Mistakes)?;
            keeper.commit(&draft.change()).await?;
            Ok(write::Shown::of(cluster, &draft))
        };
        let done = done.await;
        keeper.release().await;
        done
    }

    /// The cluster with the text in the document's place, unless that is wrong.
    fn checked<'s>(&self, stored: &'s Stored, text: &str) -> Result<Draft<'s>, ManifestErrors> {
        let mut draft = stored.draft();
        draft.put(self.key.clone(), Excerpt::whole(self.place(), text));
        let manifest = draft.manifest()?;
        self.is_one(&manifest, text)?;
        Ok(draft)
    }

    /// The text is one document, and of the kind that belongs there.
    fn is_one(&self, manifest: &Manifest, text: &str) -> Result<(), ManifestErrors> {
        let here = |file: &str| file == self.place();
        let clusters =
            manifest.clusters.iter().filter(|cluster| here(&cluster.source.file)).count();
        let groups = manifest.clusters.iter().flat_map(|cluster| &cluster.groups);
        let groups = groups.filter(|group: &&InstanceGroup| here(&group.source.file)).count();
        let (kind, count) =
            if self.key == CLUSTER { ("Cluster", clusters) } else { ("InstanceGroup", groups) };
        let documents = Excerpt::all(self.place(), text).len();
        if (count, documents) == (1, 1) {
            return Ok(());
        }
        let message = format!("there is to be one document here, of kind {kind}");
        let hint = "other documents have places of their own: cloudup create -f FILE";
        Err(self.mistake(1, message, hint.to_owned()))
    }

    fn mistake(&self, line: usize, message: String, hint: String) -> ManifestErrors {
        let place = Place {
            file: self.place().to_owned(),
            document: 1,
            path: String::new(),
            line,
            column: 1,
        };
        ManifestErrors { mistakes: vec![Mistake { place, message, hint: Some(hint) }] }
    }

    fn changed(&self) -> String {
        format!("{} was changed by somebody else in the meantime", self.place())
    }

    fn changed_there(&self) -> String {
        format!("{}, in the same lines", self.changed())
    }

    fn unsettled(&self) -> Failure {
        failed(self.changed_there()).hint(
            "nothing was written: settle the conflict, and put it there with cloudup replace -f FILE",
        )
    }

    fn deleted(&self) -> Failure {
        let text = format!("{} was deleted by somebody else in the meantime", self.place());
        failed(text).hint("nothing was written: to put it there again, cloudup create -f FILE")
    }
}

fn failed(text: String) -> Failure {
    Failure { exit: Exit::Failed, ..Failure::invalid(text) }
}

/// Whether a text seems to have comments; a text in it may look like one.
fn has_comments(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" # "))
}

/// Why a text was not put in a document's place.
enum Refused {
    /// It is wrong.
    Mistakes(ManifestErrors),
    /// The document is no longer as it was: this is what is stored now.
    Changed(Stored),
    /// Something else.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "demo.example.com";

    /// Writes a document.
    async fn put(store: &Store, key: &str, text: &str) -> Stored {
        let keeper = lock::take(store, NAME, "tests", &Environment::default()).await.expect("free");
        let stored = store.read(NAME).await.expect("it can be read");
        let mut change = stored.change();
        change.put(key, text);
        keeper.commit(&change).await.expect("it is ours");
        keeper.release().await;
        store.read(NAME).await.expect("it can be read")
    }

    #[tokio::test]
    async fn fields_are_set_in_what_somebody_else_wrote_meanwhile() {
        let cluster = "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: demo.example.com\n\
            spec:\n  cloudProvider: aws\n  configBase: s3://state/demo.example.com\n  \
            subnets: [{ name: a, zone: eu-west-1a, type: Public }]\n  topology: { dns: { type: None } }\n";
        let store = Store::memory();
        let opened = put(&store, CLUSTER, cluster).await;
        let theirs = cluster.replace("cloudProvider", "channel: stable # theirs\n  cloudProvider");
        put(&store, CLUSTER, &theirs).await;

        let document = Document { store: &store, stored: &opened, key: CLUSTER.to_owned() };
        let set = vec!["spec.kubernetesVersion=1.32.0".to_owned()];
        let fields = FieldArgs { set, ..FieldArgs::default() };
        let done = document.set(&fields, &Environment::default()).await;
        assert_eq!(done.expect("it is done"), Exit::Done);
        let written = store.read(NAME).await.expect("it can be read");
        let both = format!("{theirs}  kubernetesVersion: 1.32.0\n");
        assert_eq!(written.documents()[CLUSTER].text, both);
    }
}
