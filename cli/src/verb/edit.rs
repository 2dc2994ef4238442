//! `cloudup edit`: a cluster or an instance group of the state store, in an editor or field by field.

use std::{env, ffi::OsString};

use cloudup::{
    manifest::{Excerpt, Fielded, InstanceGroup, Manifest, ManifestErrors, Mistake, Place},
    store::{CLUSTER, Draft, GROUPS, Store, Stored},
};

use super::{
    editor::{self, Attempt, Edited, Editing},
    input, lock, print, state, write,
};
use crate::{
    args::{Edit, FieldArgs, Global},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

const HEADER: [&str; 3] = [
    "Lines at the top that begin so are not part of the document. What is saved is put in force",
    "when it is right; else it is opened again, with what is wrong here. To leave everything as it",
    "is, change nothing, or empty the file.",
];

/// A document of a cluster.
struct Document<'a> {
    store: &'a Store,
    stored: &'a Stored,
    key: String,
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
    let name = state::choose(&store, name).await?;
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
        document.in_editor(global, environment).await
    } else {
        document.set(global, fields, environment).await
    }
}

impl Document<'_> {
    fn text(&self) -> &str {
        &self.stored.documents()[&self.key].text
    }

    fn place(&self) -> &str {
        &self.stored.documents()[&self.key].place
    }

    async fn in_editor(&self, global: &Global, environment: &Environment) -> Result<Exit, Failure> {
        let editor = environment.editor.clone().unwrap_or_else(|| OsString::from("vi"));
        let called = format!("{}-{}", self.stored.cluster(), self.key.replace('/', "-"));
        let file = editor::free(|number| {
            env::temp_dir().join(format!("cloudup-edit-{called}{number}.yaml"))
        });
        let editing = Editing { editor: &editor, file, comment: "#:", header: &HEADER };
        let mut shown = None;
        let edited = editing
            .run(self.text(), async |typed| match self.save(typed, environment).await {
                Ok(saved) => {
                    shown = Some(saved);
                    Attempt::Done
                }
                Err(Refused::Mistakes(errors)) => {
                    Attempt::Mistakes(errors.to_string(), input::mistakes(&errors))
                }
                Err(Refused::Failed(failure)) => Attempt::Failed(failure),
            })
            .await?;
        match (edited, shown) {
            (Edited::Saved, Some(shown)) => write::show(global, &[shown]),
            _ => print(|out| writeln!(out, "Nothing was changed.")),
        }
    }

    /// Sets fields without an editor.
    async fn set(
        &self,
        global: &Global,
        fields: &FieldArgs,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let raw = Excerpt::values(self.text()).into_iter().next().unwrap_or_default();
        let mut document = if self.key == CLUSTER {
            Fielded::cluster(raw.clone())
        } else {
            Fielded::group(raw.clone())
        };
        let unset = fields.unset.iter().map(|path| (path, document.unset(path)));
        let mut results: Vec<_> = unset.collect();
        results.extend(fields.set.iter().map(|assignment| (assignment, document.set(assignment))));
        let failures = results.into_iter().filter_map(|(_, result)| result.err()).map(|error| {
            let failure = Failure::invalid(error.to_string());
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        });
        if let Some(all) = failures.reduce(Failure::and) {
            return Err(all);
        }
        if *document.value() == raw {
            return print(|out| writeln!(out, "Nothing was changed."));
        }
        match self.save(&document.to_yaml(), environment).await {
            Ok(shown) => {
                if has_comments(self.text()) {
                    tell::note(&format!(
                        "{} was written anew, without the comments that it had",
                        self.place()
                    ));
                }
                write::show(global, &[shown])
            }
            Err(Refused::Mistakes(errors)) => Err(input::mistakes(&errors).hint(
                "the places are those of the document with its fields set: nothing was written",
            )),
            Err(Refused::Failed(failure)) => Err(failure),
        }
    }

    /// Puts a text in the document's place, unless it is wrong or somebody else was there first.
    async fn save(&self, text: &str, environment: &Environment) -> Result<write::Shown, Refused> {
        // What is wrong is told without a lease.
        self.checked(self.stored, text).map_err(Refused::Mistakes)?;
        let cluster = self.stored.cluster();
        let what = if self.key == CLUSTER { "edit cluster" } else { "edit instancegroup" };
        let keeper = lock::take(self.store, cluster, what, environment).await?;
        let done = async {
            let now = write::read(self.store, cluster).await?;
            let text_now = now.documents().get(&self.key).map(|document| document.text.as_str());
            if text_now != Some(self.text()) {
                return Err(Refused::Failed(self.changed_meanwhile()));
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
        let place = Place {
            file: self.place().to_owned(),
            document: 1,
            path: String::new(),
            line: 1,
            column: 1,
        };
        let message = format!("there is to be one document here, of kind {kind}");
        let hint =
            Some("other documents have places of their own: cloudup create -f FILE".to_owned());
        Err(ManifestErrors { mistakes: vec![Mistake { place, message, hint }] })
    }

    fn changed_meanwhile(&self) -> Failure {
        let text = format!("{} was changed by somebody else in the meantime", self.place());
        let told = Failure { exit: Exit::Failed, ..Failure::invalid(text) };
        told.hint("nothing was written: see what differs (cloudup diff -f FILE), and edit it again")
    }
}

/// Whether a text seems to have comments; a text in it may look like one.
fn has_comments(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" # "))
}

/// Why a text was not put in a document's place.
enum Refused {
    /// It is wrong.
    Mistakes(ManifestErrors),
    /// Something else.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
