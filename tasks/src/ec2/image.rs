//! Images, as manifests name them.

use cloudup_engine::{ErrorKind, TaskError};

use crate::{
    cloud::{
        CloudError, CloudReader,
        ec2::{Image, ImageQuery},
    },
    trouble::invalid,
};

/// Accounts that publish images, by the names that kOps has for them.
const PUBLISHERS: [(&str, &str); 10] = [
    ("amazon", "137112412989"),
    ("amazon.com", "137112412989"),
    ("debian11", "136693071363"),
    ("debian12", "136693071363"),
    ("debian13", "136693071363"),
    ("flatcar", "075585003325"),
    ("redhat", "309956199498"),
    ("redhat.com", "309956199498"),
    ("rocky", "792107900819"),
    ("ubuntu", "099720109477"),
];

/// The image of that name: `ami-…`, `OWNER/NAME` or, of the account's own, `NAME`. Of several, the
/// newest.
pub(super) async fn find(reader: &dyn CloudReader, name: &str) -> Result<Image, TaskError> {
    let doing = || format!("find image {name}");
    let query = query(name)?;
    let found = CloudError::absent(reader.ec2().describe_images(&query).await)
        .map_err(|error| error.while_doing(doing()))?;
    let newest = found
        .into_iter()
        .flatten()
        .max_by(|a, b| (&a.creation_date, &a.id).cmp(&(&b.creation_date, &b.id)));
    newest.ok_or_else(|| {
        TaskError::new(ErrorKind::NotFound, doing())
            .hint("there is none of that name and owner in this region that this account may use")
    })
}

fn query(name: &str) -> Result<ImageQuery, TaskError> {
    if name.starts_with("ami-") {
        return Ok(ImageQuery::Id(name.to_owned()));
    }
    if let Some(parameter) = name.strip_prefix("ssm:") {
        let message = format!("find image {name}: SSM parameters are not read by this version");
        return Err(invalid(message).hint(format!(
            "write the image that `aws ssm get-parameter --name {parameter}` gives"
        )));
    }
    let (owner, name) = name.split_once('/').unwrap_or(("self", name));
    let known = PUBLISHERS.iter().find(|(known, _)| *known == owner);
    let owner = known.map_or(owner, |(_, account)| *account);
    Ok(ImageQuery::Named { owner: owner.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_id_or_by_owner_and_name() {
        let named = |owner: &str, name: &str| ImageQuery::Named {
            owner: owner.to_owned(),
            name: name.to_owned(),
        };
        for (text, expected) in [
            ("ami-12345678", ImageQuery::Id("ami-12345678".to_owned())),
            ("ubuntu/images/noble", named("099720109477", "images/noble")),
            ("099720109477/images/noble", named("099720109477", "images/noble")),
            ("my-image", named("self", "my-image")),
        ] {
            assert_eq!(query(text).unwrap(), expected, "{text}");
        }
        assert_eq!(query("ssm:/a/b").unwrap_err().kind(), ErrorKind::Invalid);
    }
}
