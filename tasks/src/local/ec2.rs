//! What launch templates name: images, instance types and key pairs.

use super::{error::Refusal, launch_templates::is_tagged, page::page, state::State};
use crate::cloud::{
    Page,
    ec2::{Image, ImageQuery, Instance, InstanceType, KeyPair, Tagged},
    iam::Tags,
};

impl State {
    pub(super) fn describe_images(&self, query: &ImageQuery) -> Result<Vec<Image>, Refusal> {
        if let ImageQuery::Id(id) = query
            && !id.starts_with("ami-")
        {
            let message = format!("Invalid id: \"{id}\" (expecting \"ami-...\")");
            return Err(Refusal::new("InvalidAMIID.Malformed", message));
        }
        if self.images.is_empty() {
            return Ok(vec![public_image(query)]);
        }
        let fits = |image: &&Image| match query {
            ImageQuery::Id(id) => image.id == *id,
            ImageQuery::Named { owner, name } => {
                let owner = if owner == "self" { &self.account_id } else { owner };
                image.owner_id == *owner && image.name == *name
            }
        };
        let found: Vec<_> = self.images.iter().filter(fits).cloned().collect();
        match query {
            ImageQuery::Id(id) if found.is_empty() => Err(Refusal::new(
                "InvalidAMIID.NotFound",
                format!("The image id '[{id}]' does not exist"),
            )),
            _ => Ok(found),
        }
    }

    pub(super) fn describe_instance_type(&self, name: &str) -> Result<InstanceType, Refusal> {
        let known = self.instance_types.iter().find(|known| known.name == name).cloned();
        let any = || InstanceType { name: name.to_owned(), ..InstanceType::default() };
        known.or_else(|| self.instance_types.is_empty().then(any)).ok_or_else(|| {
            let message = format!("The following supplied instance types do not exist: [{name}]");
            Refusal::new("InvalidInstanceType", message)
        })
    }

    pub(super) fn describe_key_pair(&self, name: &str) -> Result<KeyPair, Refusal> {
        self.key_pairs.get(name).cloned().ok_or_else(|| {
            let message = format!("The key pair '{name}' does not exist");
            Refusal::new("InvalidKeyPair.NotFound", message)
        })
    }

    pub(super) fn describe_key_pairs(&self, tagged: &Tagged) -> Vec<KeyPair> {
        self.key_pairs.iter().filter(|pair| is_tagged(&pair.tags, tagged)).cloned().collect()
    }

    pub(super) fn import_key_pair(
        &mut self,
        name: &str,
        public_key: &str,
        tags: &Tags,
    ) -> Result<KeyPair, Refusal> {
        if self.key_pairs.get(name).is_some() {
            let message = format!("The keypair '{name}' already exists.");
            return Err(Refusal::new("InvalidKeyPair.Duplicate", message));
        }
        if name.is_empty() || name.len() > 255 || !name.is_ascii() {
            let message = format!("Invalid value '{name}' for keyPairName.");
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        if !public_key.starts_with("ssh-rsa ") && !public_key.starts_with("ssh-ed25519 ") {
            let message = "Key is not in valid OpenSSH public key format";
            return Err(Refusal::new("InvalidKey.Format", message));
        }
        self.ec2_tags(tags, &Tags::new())?;
        let pair = KeyPair {
            name: name.to_owned(),
            id: self.next_ec2_id("key"),
            public_key: Some(public_key.trim().to_owned()),
            tags: tags.clone(),
        };
        self.key_pairs.insert(pair.clone());
        Ok(pair)
    }

    pub(super) fn describe_instances(
        &self,
        tagged: &Tagged,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, Refusal> {
        let fitting = self.instances.iter().filter(|it| is_tagged(&it.tags, tagged));
        let keyed = fitting.map(|it| (it.id.clone(), it.clone()));
        page("instances", keyed, marker, self.page_size)
    }

    /// Whether there is a subnet with that id.
    pub(super) fn has_subnet(&self, id: &str) -> bool {
        self.subnets.get(id).is_some()
    }
}

/// The image that an account which lists none has for a query: always the same.
fn public_image(query: &ImageQuery) -> Image {
    let (id, owner_id, name) = match query {
        ImageQuery::Id(id) => (id.clone(), String::new(), String::new()),
        ImageQuery::Named { owner, name } => {
            let text = format!("{owner}/{name}");
            // FNV-1a, 64 bits.
            let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            (format!("ami-{hash:016x}0"), owner.clone(), name.clone())
        }
    };
    Image {
        id,
        name,
        owner_id,
        root_device_name: "/dev/xvda".to_owned(),
        architecture: String::new(),
        creation_date: String::new(),
    }
}
