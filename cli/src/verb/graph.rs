//! `cloudup graph`: the tasks as a picture.

use std::path::Path;

use cloudup::{
    environment as place,
    picture::{MERMAID_LINKS, Picture},
    update::{Update, UpdateOptions},
};
use cloudup_engine::Registry;
use cloudup_tasks::snapshot::ReadSnapshot;

use super::{
    connect_to_read, file, input, plan, print,
    signals::stop_on_signals,
    update::{self, update_options},
    work,
};
use crate::{
    args::{Global, GraphArgs, PictureArg, SourceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

/// Runs `graph`.
pub(super) async fn run(
    global: &Global,
    args: &GraphArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (picture, exit) = match &args.plan {
        Some(plan) => (saved(plan)?, Exit::Done),
        None => drawn(global, args, environment).await?,
    };
    let picture = if args.all { picture } else { picture.brief() };
    let text = match args.format.output {
        PictureArg::Dot => picture.dot(),
        PictureArg::Mermaid => picture.mermaid(),
        PictureArg::Svg => picture.svg(),
        PictureArg::Html => picture.html(),
    };
    let arrows = picture.drawing().links.len();
    if args.format.output == PictureArg::Mermaid && arrows > MERMAID_LINKS {
        tell::note(&format!(
            "the picture has {arrows} arrows, and Mermaid draws no more than {MERMAID_LINKS} \
             unless its maxEdges says otherwise"
        ));
    }
    match &args.out {
        Some(path) => file::write(path, &text).map_err(|error| {
            let doing = format!("write the picture to {}", path.display());
            Failure::because(Exit::Failed, &doing, &error)
        })?,
        None => print(|out| out.write_all(text.as_bytes())).map(drop)?,
    }
    Ok(exit)
}

/// The picture of a saved plan, from what it says of itself.
fn saved(path: &Path) -> Result<Picture, Failure> {
    let saved = plan::read(path)?;
    let options =
        saved.options(Registry::default()).map_err(|error| plan::failure(path, &error))?;
    let found = saved.manifests.cluster(&saved.update.cluster);
    let found = found.map_err(|errors| input::mistakes(&errors))?;
    let (cluster, _) = found.ok_or_else(|| plan::no_cluster(&saved.update.cluster))?;
    let place = Some(saved.update.environment.clone());
    let update = Update::sketch(cluster, options, place);
    let update = update.map_err(|error| update::failure(&error))?;
    Ok(Picture::of(&update, Some(&saved.update)))
}

/// The picture of what manifests ask for, and how the plan ended that it is of.
async fn drawn(
    global: &Global,
    args: &GraphArgs,
    environment: &Environment,
) -> Result<(Picture, Exit), Failure> {
    let SourceArgs { filename, name } = &args.source;
    let naming = "cloudup graph NAME -f FILE";
    let (cluster, notices) =
        input::cluster(global, environment, filename, name.as_deref(), naming).await?;
    let ssh_key = args.ssh_public_key.as_deref();
    let ssh_key = ssh_key.map(|path| input::ssh_public_key(path, environment)).transpose()?;
    let options = update_options(&args.choice, args.prune, environment)?;
    let options = UpdateOptions { ssh_key, ..options };
    if args.no_plan {
        let update = Update::sketch(cluster, options, None);
        let update = update.map_err(|error| update::failure(&error))?.with_notices(notices);
        return Ok((Picture::of(&update, None), Exit::Done));
    }
    let (stop, interrupted) = stop_on_signals()?;
    let drawn = interrupted.run_until_cancelled(Box::pin(async {
        let region = place::region(&cluster.spec.subnets).ok();
        // Whoever only reads is given nothing that writes.
        let cloud = connect_to_read(&global.cloud, region.as_deref()).await?;
        let cloud = ReadSnapshot::of_reader(cloud);
        let update = update::prepare(cluster, options, notices, &cloud).await?;
        let engine = work::engine(args.parallelism, stop);
        let planned = update.plan(&cloud, &engine, |_| {}).await;
        let planned = planned.map_err(|error| Failure::invalid(error.to_string()))?;
        let exit = work::exit(&planned.report, false);
        Ok((Picture::of(&update, Some(&planned)), exit))
    }));
    drawn.await.unwrap_or_else(|| Err(work::interrupted_before()))
}
