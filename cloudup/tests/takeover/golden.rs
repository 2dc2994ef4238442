//! The same for clusters kept outside the project, with what kOps makes of them:
//! `CLOUDUP_CONFORMANCE` names their folder. Without it there is nothing to take over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cloudup::{manifest::Manifest, ssh::PublicKey, update::UpdateOptions};
use serde_json::{Map, Value, json};

use super::{account, changes, plan};

#[expect(clippy::disallowed_methods, reason = "the one setting of this test")]
fn folder() -> Option<String> {
    std::env::var("CLOUDUP_CONFORMANCE").ok()
}

fn read(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Cases whose golden is not what kOps leaves in an account: Terraform's output loses
/// `deleteOnTermination: false`, has addresses as expressions, does not say what is in groups that
/// exist, and does not tag subnets that do.
const NOT_AS_LEFT: [&str; 5] = [
    "complex",
    "complex-legacy-v1alpha2",
    "existing_sg",
    "private-shared-subnet",
    "shared_vpc_ipv6",
];

#[tokio::test(start_paused = true)]
async fn of_what_kops_makes_only_documents_get_the_names_of_their_statements() {
    let Some(folder) = folder() else { return };
    let folder = Path::new(&folder);
    let seed = read(&folder.join("seed.json"));
    let mut differences = Vec::new();
    for case in fs::read_dir(folder.join("cases")).expect("the folder has cases") {
        let case = case.expect("a case").path();
        let name = case.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let golden = read(&case.join("expected.json"));
        if NOT_AS_LEFT.contains(&name.as_str()) || golden["test"]["phase"].is_string() {
            continue;
        }
        let manifest = Manifest::read_files(&[case.join("cluster.yaml")]);
        let manifest = manifest.unwrap_or_else(|error| panic!("{name}: {error}"));
        let key = fs::read_to_string(case.join("id_rsa.pub")).ok();
        let ssh_key = key.map(|line| line.parse::<PublicKey>().expect("a public key"));
        let account = account(&Golden::new(golden).account(seed.clone()));
        let asked = UpdateOptions { prune: true, ssh_key, ..UpdateOptions::default() };
        let cluster = manifest.clusters.into_iter().next().expect("a case has a cluster");
        let planned = plan(&account, cluster, asked).await;
        let unexpected = changes(&planned).into_iter().filter(|change| {
            let names = ["IAMRole/", "IAMRolePolicy/"].iter().any(|kind| change.contains(kind));
            !names || !(change.ends_with(": trust_policy") || change.ends_with(": document"))
        });
        differences.extend(unexpected.map(|change| format!("{name}: {change}")));
        let failures = planned.report.failures().map(|it| format!("{name}: {} failed", it.task));
        differences.extend(failures);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What kOps makes of a case, by section.
struct Golden {
    golden: Value,
    /// Ids by section and name.
    ids: BTreeMap<(&'static str, String), String>,
}

/// Sections of things with ids, and what their ids start with.
const WITH_IDS: [(&str, &str); 10] = [
    ("vpcs", "vpc"),
    ("dhcp_options", "dopt"),
    ("subnets", "subnet"),
    ("internet_gateways", "igw"),
    ("egress_only_internet_gateways", "eigw"),
    ("elastic_ips", "eipalloc"),
    ("nat_gateways", "nat"),
    ("route_tables", "rtb"),
    ("security_groups", "sg"),
    ("launch_templates", "lt"),
];

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// An object without what is not said.
fn said(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(_, value)| !value.is_null());
            said.map(|(key, value)| (key, said_within(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn said_within(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(said).collect(),
        other => said(other),
    }
}

impl Golden {
    fn new(golden: Value) -> Self {
        let mut ids = BTreeMap::new();
        for (section, prefix) in WITH_IDS {
            for (number, name) in golden[section].as_object().into_iter().flatten().enumerate() {
                let id = format!("{prefix}-{:017x}", 0xa000 + number);
                ids.insert((section, name.0.clone()), id);
            }
        }
        Self { golden, ids }
    }

    /// The id of a thing by its name, or the text where it is an id.
    fn id(&self, section: &'static str, name: &Value) -> Value {
        let name = name.as_str().unwrap_or_default();
        let id = self.ids.get(&(section, name.to_owned()));
        json!(id.map_or(name, String::as_str))
    }

    fn ids(&self, section: &'static str, names: &Value) -> Value {
        list(names).map(|name| self.id(section, name)).collect()
    }

    /// The things of a section by name, as `as_seeded` has them in an account.
    fn each(
        &self,
        section: &'static str,
        as_seeded: impl Fn(Value, &str, &Value) -> Value,
    ) -> Vec<Value> {
        let things = self.golden[section].as_object().into_iter().flatten();
        let made = things.map(|(name, thing)| {
            let made = as_seeded(self.id(section, &json!(name)), name, thing);
            let mut made = said(made);
            if thing["tags"].is_object() && made["tags"].is_null() {
                made["tags"] = thing["tags"].clone();
            }
            made
        });
        made.collect()
    }

    /// The account that the case had, with what kOps made in it.
    fn account(&self, mut account: Value) -> Value {
        let at = &self.golden["test"]["environment"];
        for (key, from) in [
            ("accountId", "account_id"),
            ("partition", "partition"),
            ("region", "region"),
            ("availabilityZones", "zones"),
        ] {
            if !at[from].is_null() {
                account[key] = at[from].clone();
            }
        }
        let lists = self.network().into_iter().chain(self.compute()).chain(self.iam());
        for (key, things) in lists {
            let mut all = account[key].as_array().cloned().unwrap_or_default();
            // Profiles that groups bring may be in the account already.
            let is_there = |thing: &Value| {
                all.iter().any(|it| thing["name"].is_string() && it["name"] == thing["name"])
            };
            let new: Vec<_> = things.into_iter().filter(|thing| !is_there(thing)).collect();
            all.extend(new);
            account[key] = all.into();
        }
        account["lifecycleHooks"] = self.hooks();
        self.mark_shared(&mut account);
        account
    }

    fn network(&self) -> Vec<(&'static str, Vec<Value>)> {
        let golden = &self.golden;
        let vpcs = self.each("vpcs", |id, _, vpc| {
            let additional = list(&golden["vpc_cidr_associations"]);
            let additional = additional.map(|it| json!({ "cidrBlock": it["cidr_block"] }));
            let options = &golden["dhcp_options_associations"][0]["dhcp_options"];
            json!({
                "id": id, "cidrBlock": vpc["cidr_block"], "enableDnsHostnames": true,
                "additionalCidrBlocks": additional.collect::<Value>(),
                "dhcpOptionsId": self.id("dhcp_options", options),
            })
        });
        let options = self.each("dhcp_options", |id, _, options| {
            json!({
                "id": id, "domainName": options["domain_name"],
                "domainNameServers": options["domain_name_servers"],
            })
        });
        let subnets = self.each("subnets", |id, _, subnet| {
            let ipv6 = subnet["ipv6_cidr_block"].as_str();
            json!({
                "id": id, "vpcId": self.id("vpcs", &subnet["vpc"]),
                "availabilityZone": subnet["availability_zone"], "cidrBlock": subnet["cidr_block"],
                "ipv6CidrBlocks": ipv6.map(|block| json!([{ "cidrBlock": block }])),
                "hostnameType": subnet["private_dns_hostname_type_on_launch"],
                "assignIpv6AddressOnCreation": subnet["assign_ipv6_address_on_creation"],
                "enableDns64": subnet["enable_dns64"],
                "resourceNameARecord": subnet["enable_resource_name_dns_a_record_on_launch"],
                "resourceNameAaaaRecord": subnet["enable_resource_name_dns_aaaa_record_on_launch"],
            })
        });
        let gateway = |id: Value, _: &str, gateway: &Value| json!({ "id": id, "vpcId": self.id("vpcs", &gateway["vpc"]) });
        let addresses = self.each("elastic_ips", |id, _, _| {
            let last = id.as_str().and_then(|id| id.chars().last()).unwrap_or_default();
            json!({ "id": id, "publicIp": format!("198.18.9.{last}") })
        });
        let nats = self.each("nat_gateways", |id, _, nat| {
            json!({
                "id": id, "allocationId": self.id("elastic_ips", &nat["elastic_ip"]),
                "subnetId": self.id("subnets", &nat["subnet"]),
            })
        });
        let tables = self.each("route_tables", |id, name, table| {
            let of_table = |it: &&Value| it["route_table"] == name;
            let chosen = list(&golden["route_table_associations"]).filter(of_table);
            let chosen: Value = chosen.map(|it| self.id("subnets", &it["subnet"])).collect();
            let routes = list(&golden["routes"]).filter(of_table).map(|route| self.route(route));
            let routes: Map<_, _> = routes.collect();
            json!({
                "id": id, "vpcId": self.id("vpcs", &table["vpc"]), "associations": chosen,
                "routes": routes,
            })
        });
        let groups = self.each("security_groups", |id, name, group| {
            let rules = list(&golden["security_group_rules"]);
            let of_group = rules.filter(|rule| rule["security_group"] == name);
            let rules: Vec<_> = of_group.flat_map(|rule| self.rules(rule, group)).collect();
            json!({
                "id": id, "name": name, "description": group["description"],
                "vpcId": self.id("vpcs", &group["vpc"]), "rules": rules,
            })
        });
        vec![
            ("vpcs", vpcs),
            ("dhcpOptions", options),
            ("subnets", subnets),
            ("internetGateways", self.each("internet_gateways", gateway)),
            ("egressOnlyInternetGateways", self.each("egress_only_internet_gateways", gateway)),
            ("elasticIps", addresses),
            ("natGateways", nats),
            ("routeTables", tables),
            ("securityGroups", groups),
        ]
    }

    fn route(&self, route: &Value) -> (String, Value) {
        let destination = ["destination_cidr_block", "destination_ipv6_cidr_block"];
        let destination = destination.iter().find_map(|key| route[key].as_str());
        let targets = [
            ("internet_gateway", "internet_gateways"),
            ("egress_only_internet_gateway", "egress_only_internet_gateways"),
            ("nat_gateway", "nat_gateways"),
            ("transit_gateway", ""),
        ];
        let target = targets.iter().find(|(key, _)| route[key].is_string());
        let (key, section) = target.expect("a route leads somewhere");
        (destination.expect("a route is for something").to_owned(), self.id(section, &route[key]))
    }

    /// A rule, one for each that is at the other end, with the tags of its group but for its name.
    fn rules(&self, rule: &Value, group: &Value) -> Vec<Value> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lists = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"];
        let peers = lists.iter().flat_map(|key| list(&rule[key])).cloned();
        let peers = peers.chain([rule["source_security_group"].clone()]);
        let has_ports = !["-1", "4"].contains(&text(&rule["protocol"]).as_str());
        let port = |key: &str| rule[key].as_i64().filter(|_| has_ports).unwrap_or(-1);
        let (from_port, to_port) = (port("from_port"), port("to_port"));
        let made = peers.filter(Value::is_string).map(|peer| {
            let (group_name, kind) = (text(&rule["security_group"]), text(&rule["type"]));
            let (from, to) = match kind.as_str() {
                "egress" => (group_name, text(&peer)),
                _ => (text(&peer), group_name),
            };
            let protocol = text(&rule["protocol"]).replace("-1", "all");
            let (first, last) = (from_port.max(0), to_port.max(0));
            let mut tags = group["tags"].clone();
            tags["Name"] = json!(format!("from-{from}-{kind}-{protocol}-{first}to{last}-{to}"));
            json!({
                "permission": {
                    "egress": kind == "egress", "protocol": rule["protocol"],
                    "fromPort": from_port, "toPort": to_port,
                    "peer": self.id("security_groups", &peer),
                },
                "tags": tags,
            })
        });
        made.collect()
    }

    fn compute(&self) -> Vec<(&'static str, Vec<Value>)> {
        let templates = self.each("launch_templates", |id, name, template| {
            json!({ "id": id, "name": name, "versions": [self.version(template)] })
        });
        let groups = self.each("autoscaling_groups", |_, name, group| {
            let template = group["launch_template"].as_str().unwrap_or(name);
            let template = json!({
                "id": self.id("launch_templates", &json!(template)), "version": "$Latest",
            });
            let mixed = &group["mixed_instances_policy"];
            let shared_out = &mixed["instances_distribution"];
            let above = &shared_out["on_demand_percentage_above_base_capacity"];
            let types = list(&mixed["overrides"]).map(|it| it["instance_type"].clone());
            let mixed = mixed.is_object().then(|| {
                json!({
                    "launchTemplate": template, "instanceTypes": types.collect::<Value>(),
                    "distribution": {
                        "onDemandPercentageAboveBaseCapacity": above,
                        "spotInstancePools": shared_out["spot_instance_pools"],
                        "spotMaxPrice": shared_out["spot_max_price"],
                    },
                })
            });
            let pool = &group["warm_pool"];
            let pool = pool.is_object().then(|| {
                json!({
                    "minSize": pool["min_size"],
                    "maxGroupPreparedCapacity": pool["max_group_prepared_capacity"],
                })
            });
            let tags = group["tags"].as_object().into_iter().flatten();
            let tags: Map<_, _> = tags
                .map(|(key, value)| {
                    (key.clone(), json!({ "value": value, "propagateAtLaunch": true }))
                })
                .collect();
            json!({
                "name": name, "minSize": group["min_size"], "maxSize": group["max_size"],
                "desiredCapacity": group["min_size"], "tags": tags,
                "subnets": self.ids("subnets", &group["subnets"]),
                "launchTemplate": mixed.is_none().then(|| template.clone()),
                "mixedInstancesPolicy": mixed, "warmPool": pool,
                "suspendedProcesses": group["suspended_processes"],
                "enabledMetrics": group["enabled_metrics"],
                "instanceProtection": group["instance_protection"],
                "maxInstanceLifetime": group["max_instance_lifetime"],
                "loadBalancers": group["load_balancers"], "targetGroups": group["target_groups"],
            })
        });
        let keys = self.each("key_pairs", |_, name, _| json!({ "name": name }));
        vec![("launchTemplates", templates), ("autoScalingGroups", groups), ("keyPairs", keys)]
    }

    fn version(&self, template: &Value) -> Value {
        let devices = list(&template["block_device_mappings"]).map(|device| {
            let ebs = &device["ebs"];
            let volume = ebs.is_object().then(|| {
                json!({
                    "volumeSize": ebs["volume_size"], "volumeType": ebs["volume_type"],
                    "iops": ebs["iops"], "throughput": ebs["throughput"],
                    "encrypted": ebs["encrypted"], "kmsKeyId": ebs["kms_key_id"],
                    "deleteOnTermination": ebs["delete_on_termination"],
                })
            });
            json!({
                "deviceName": device["device_name"], "virtualName": device["virtual_name"],
                "ebs": volume,
            })
        });
        let interfaces = list(&template["network_interfaces"]).map(|interface| {
            json!({
                "deviceIndex": 0,
                "deleteOnTermination": interface["delete_on_termination"],
                "associatePublicIpAddress": interface["associate_public_ip_address"],
                "ipv6AddressCount": interface["ipv6_address_count"],
                "groups": self.ids("security_groups", &interface["security_groups"]),
            })
        });
        let options = &template["metadata_options"];
        said(json!({
            "imageId": template["image_id"], "instanceType": template["instance_type"],
            "iamInstanceProfile": template["iam_instance_profile"],
            "keyName": template["key_name"], "disableApiTermination": false,
            "monitoring": template["monitoring"]["enabled"],
            "ebsOptimized": template["ebs_optimized"],
            "cpuCredits": template["credit_specification"]["cpu_credits"],
            "metadataOptions": {
                "httpEndpoint": options["http_endpoint"], "httpTokens": options["http_tokens"],
                "httpPutResponseHopLimit": options["http_put_response_hop_limit"],
                "httpProtocolIpv6": options["http_protocol_ipv6"],
            },
            "networkInterfaces": interfaces.collect::<Value>(),
            "blockDevices": devices.collect::<Value>(),
            "tagSpecifications": template["tag_specifications"],
            "userData": super::account::USER_DATA,
        }))
    }

    fn hooks(&self) -> Value {
        let mut hooks: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (name, hook) in
            self.golden["autoscaling_lifecycle_hooks"].as_object().into_iter().flatten()
        {
            let (group, name) = name.split_once('/').expect("a hook is of a group");
            hooks.entry(group.to_owned()).or_default().push(json!({
                "name": name, "transition": hook["lifecycle_transition"],
                "defaultResult": hook["default_result"],
                "heartbeatTimeout": hook["heartbeat_timeout"],
            }));
        }
        json!(hooks)
    }

    fn iam(&self) -> Vec<(&'static str, Vec<Value>)> {
        let golden = &self.golden;
        let roles = self.each("roles", |_, name, role| {
            let policies = golden["inline_policies"].as_object().into_iter().flatten();
            let policies: Map<_, _> = policies
                .filter_map(|(key, document)| {
                    let (role, policy) = key.split_once('/')?;
                    (role == name).then(|| (policy.to_owned(), document.clone()))
                })
                .collect();
            let attached = list(&golden["policy_attachments"]).filter(|it| it["role"] == name);
            json!({
                "name": name, "assumeRolePolicyDocument": role["assume_role_policy"],
                "permissionsBoundary": role["permissions_boundary"], "inlinePolicies": policies,
                "attachedPolicies": attached.map(|it| it["policy_arn"].clone()).collect::<Value>(),
            })
        });
        let profiles = self.each(
            "instance_profiles",
            |_, name, profile| json!({ "name": name, "role": { "name": profile["role"] } }),
        );
        let providers = list(&golden["oidc_providers"]).map(|provider| {
            json!({
                "url": provider["url"], "clientIds": provider["client_id_list"],
                "thumbprints": provider["thumbprint_list"], "tags": provider["tags"],
            })
        });
        // Policies of others are there, or kOps could not have attached them.
        let attached = list(&golden["policy_attachments"]).map(|it| &it["policy_arn"]);
        let bounds = golden["roles"].as_object().into_iter().flatten();
        let bounds = bounds.map(|(_, role)| &role["permissions_boundary"]);
        let arns: BTreeSet<_> = attached.chain(bounds).filter_map(Value::as_str).collect();
        // Profiles that groups bring, with their roles.
        let known = |name: &str| golden["instance_profiles"].get(name).is_some();
        let templates = golden["launch_templates"].as_object().into_iter().flatten();
        let brought = templates.filter_map(|(_, it)| it["iam_instance_profile"].as_str());
        let brought: BTreeSet<_> = brought.filter(|name| !known(name)).collect();
        let brought = brought.iter().map(|name| json!({ "name": name, "role": { "name": name } }));
        vec![
            ("roles", roles),
            ("instanceProfiles", profiles.into_iter().chain(brought).collect()),
            ("oidcProviders", providers.collect()),
            ("managedPolicies", arns.iter().map(|arn| json!({ "arn": arn })).collect()),
        ]
    }

    /// kOps' direct target tags what the cluster shares with others; its Terraform output does not.
    fn mark_shared(&self, account: &mut Value) {
        let cluster = self.golden["cluster_name"].as_str().unwrap_or_default();
        let key = format!("kubernetes.io/cluster/{cluster}");
        for section in ["subnets", "elasticIps", "natGateways"] {
            for thing in account[section].as_array_mut().into_iter().flatten() {
                if thing["tags"][&key] == "owned" {
                    continue;
                }
                let labels = self.golden["vpcs"][cluster]["tags"].clone();
                for (label, value) in labels.as_object().into_iter().flatten() {
                    if !["Name", "KubernetesCluster"].contains(&label.as_str()) && *label != key {
                        thing["tags"][label] = value.clone();
                    }
                }
                thing["tags"][&key] = json!("shared");
            }
        }
    }
}
