#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system")]

use jackdaw_config::Origin;

use super::*;

const CLASS: &str = "org.apache.kafka.common.config.provider";

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("jackdaw-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.join(name), content).expect("writes");
        self.0.join(name).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn applied(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
    let setting = |(name, value): &(&str, &str)| Setting {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        origin: Origin::CommandLine,
    };
    let environment = |name: &str| (name == "RACK").then(|| "r1".to_owned());
    match apply(pairs.iter().map(setting).collect(), &environment) {
        Ok(settings) => Ok(settings.into_iter().map(|one| (one.name, one.value)).collect()),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// The value of `broker.rack` with these providers.
fn rack(providers: &[(&str, &str)], value: &str) -> Result<String, String> {
    let classes = [
        ("config.providers", "file,dir,env".to_owned()),
        ("config.providers.file.class", format!("{CLASS}.FileConfigProvider")),
        ("config.providers.dir.class", format!("{CLASS}.DirectoryConfigProvider")),
        ("config.providers.env.class", format!("{CLASS}.EnvVarConfigProvider")),
    ];
    let mut pairs: Vec<(&str, &str)> = classes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pairs.extend(providers);
    pairs.push(("broker.rack", value));
    applied(&pairs).map(|mut settings| settings.pop().expect("the last one").1)
}

fn refused(found: Result<String, String>, part: &str) {
    let text = found.expect_err(part);
    assert!(text.contains(part) && text.contains("command line: broker.rack"), "{part} is not in: {text}");
}

#[test]
fn values_come_from_files_directories_and_the_environment() {
    let scratch = Scratch::new("providers");
    let file = scratch.file("secrets.properties", "rack=a b\nother=x\nrack=c");
    let directory = scratch.0.display().to_string();
    scratch.file("rack", "from a file\n");
    assert_eq!(rack(&[], &format!("${{file:{file}:rack}}")).as_deref(), Ok("c"));
    assert_eq!(rack(&[], &format!("${{dir:{directory}:rack}}")).as_deref(), Ok("from a file\n"));
    assert_eq!(rack(&[], "in-${env:RACK}!").as_deref(), Ok("in-r1!"));
    assert_eq!(rack(&[], "$RACK").as_deref(), Ok("$RACK"));

    refused(rack(&[], &format!("${{file:{file}:none}}")), "has no none");
    refused(rack(&[], "${file:/nowhere/at/all:rack}"), "/nowhere/at/all cannot be read");
    refused(rack(&[], "${file:rack}"), "says no path");
    refused(rack(&[], &format!("${{dir:{directory}:../rack}}")), "no name of a file");
    refused(rack(&[], "${env:NONE}"), "the environment has no NONE");
    refused(rack(&[], "${env:/path:RACK}"), "a variable has no path");
    refused(rack(&[], "${vault:RACK}"), "names no provider \"vault\"");
}

#[test]
fn what_is_not_allowed_is_not_read() {
    let scratch = Scratch::new("providers-allowed");
    let file = scratch.file("secrets.properties", "rack=c");
    let directory = scratch.0.display().to_string();
    let here = [("config.providers.file.param.allowed.paths", directory.as_str())];
    let elsewhere = [("config.providers.file.param.allowed.paths", "/nowhere,/no")];
    assert_eq!(rack(&here, &format!("${{file:{file}:rack}}")).as_deref(), Ok("c"));
    refused(rack(&elsewhere, &format!("${{file:{file}:rack}}")), "allowed.paths does not allow");
    let around = format!("${{file:{directory}/../{}:rack}}", "secrets.properties");
    refused(rack(&here, &around), "allowed.paths does not allow");
    let variables = [("config.providers.env.param.allowlist.pattern", "RAC")];
    refused(rack(&variables, "${env:RACK}"), "allowlist.pattern does not allow RACK");
}

#[test]
fn a_provider_needs_a_class_that_there_is() {
    let missing = applied(&[("config.providers", "file"), ("broker.rack", "r")]);
    assert!(missing.expect_err("no class").contains("config.providers.file.class is missing"));
    let foreign = applied(&[("config.providers", "v"), ("config.providers.v.class", "com.example.Vault")]);
    assert!(foreign.expect_err("no such class").contains("com.example.Vault"));
    let none = applied(&[("broker.rack", "${env:RACK}")]);
    assert!(none.expect_err("no provider").contains("names no provider \"env\""));
}
