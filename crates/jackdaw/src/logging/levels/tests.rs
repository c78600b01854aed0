use std::path::Path;

use super::*;

fn levels(directives: &str) -> (Levels, reload::Layer<EnvFilter, Registry>) {
    let (layer, handle) = reload::Layer::new(EnvFilter::try_new(directives).expect("parses"));
    (Levels::new(directives, handle), layer)
}

/// What `change` makes of `directives`: the level of `jackdaw_store::segment`, and the filter.
fn check(directives: &str, logger: &str, change: LogLevelChange) -> (LogLevel, String) {
    let mut chosen = Chosen::parse(directives);
    chosen.change(logger, change);
    (chosen.level_of("jackdaw_store::segment"), chosen.directives())
}

#[test]
fn the_nearest_level_holds() {
    use LogLevel::{Debug, Info, Trace, Warn};
    use LogLevelChange::{Inherit, Set};
    assert_eq!(check("info", "jackdaw_broker", Set(Debug)), (Info, "info,jackdaw_broker=debug".into()));
    assert_eq!(check("info", "jackdaw_store", Set(Debug)), (Debug, "info,jackdaw_store=debug".into()));
    assert_eq!(
        check("info,jackdaw_store=warn", "root", Set(Trace)),
        (Warn, "trace,jackdaw_store=warn".into())
    );
    assert_eq!(check("info,jackdaw_store=warn", "jackdaw_store", Inherit), (Info, "info".into()));
    assert_eq!(check("warn,[span]=debug", "root", Set(Info)), (Info, "info,[span]=debug".into()));
}

#[test]
fn a_change_reaches_the_filter() {
    let (levels, _layer) = levels("info");
    levels.change("jackdaw_store", LogLevelChange::Set(LogLevel::Trace));
    assert_eq!(levels.levels()["jackdaw_store"], LogLevel::Trace);
    assert_eq!(levels.levels()["jackdaw_broker"], LogLevel::Info);
    let filter = levels.filter.with_current(ToString::to_string).expect("is there");
    assert!(filter.contains("jackdaw_store=trace"), "{filter}");
}

#[test]
fn loggers_are_our_modules() {
    let (levels, _layer) = levels("info");
    for name in ["root", "jackdaw_store", "jackdaw_store::segment"] {
        assert!(levels.exists(name), "{name}");
    }
    for name in ["", "tokio", "jackdaw_stores", "jackdaw_store=trace", "jackdaw_store::a,info"] {
        assert!(!levels.exists(name), "{name}");
    }
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("lies among others");
    for logger in LOGGERS {
        let (owner, module) = logger.split_once("::").unwrap_or((logger, "lib"));
        let folder = crates.join(owner.strip_prefix("jackdaw_").unwrap_or(owner)).join("src");
        let is_there = [module, "main"].iter().any(|file| folder.join(file).with_extension("rs").is_file());
        assert!(is_there, "{logger} is no module");
    }
}
