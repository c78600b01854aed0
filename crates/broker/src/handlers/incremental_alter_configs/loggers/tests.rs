use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::*;

struct Loggers(Mutex<BTreeMap<String, LogLevel>>);

impl LogLevels for Loggers {
    fn levels(&self) -> BTreeMap<String, LogLevel> {
        self.0.lock().clone()
    }

    fn exists(&self, logger: &str) -> bool {
        self.0.lock().contains_key(logger)
    }

    fn change(&self, logger: &str, change: LogLevelChange) {
        let level = match change {
            LogLevelChange::Set(level) => level,
            LogLevelChange::Inherit => LogLevel::Info,
        };
        self.0.lock().insert(logger.to_owned(), level);
    }
}

fn edit(name: &str, operation: AlterOp, value: Option<&str>) -> ConfigEdit {
    ConfigEdit {
        name: name.to_owned(),
        operation: ConfigOperation::Known(operation),
        value: value.map(str::to_owned),
    }
}

/// Asks node 1; returns the refusal's code and text, and the level that `a` has afterwards.
fn check(name: &str, edits: &[ConfigEdit], mode: Mode) -> (Option<(ErrorCode, String)>, LogLevel) {
    let loggers = Loggers(Mutex::new(
        [("root", LogLevel::Info), ("a", LogLevel::Warn)]
            .map(|(name, level)| (name.to_owned(), level))
            .into(),
    ));
    let refusal = change(&loggers, NodeId(1), name, edits, mode).err();
    (refusal.map(|refusal| (refusal.error, refusal.text)), loggers.levels()["a"])
}

#[test]
fn levels_are_set_and_given_up() {
    let set = [edit("a", AlterOp::Set, Some("TRACE"))];
    assert_eq!(check("1", &set, Mode::Apply), (None, LogLevel::Trace));
    assert_eq!(check("1", &set, Mode::ValidateOnly), (None, LogLevel::Warn));
    assert_eq!(check("1", &[edit("a", AlterOp::Delete, None)], Mode::Apply), (None, LogLevel::Info));
}

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_changed() {
    let good = edit("a", AlterOp::Set, Some("DEBUG"));
    let refused = |name: &str, bad: ConfigEdit| {
        let (refusal, level) = check(name, &[good.clone(), bad], Mode::Apply);
        assert_eq!(level, LogLevel::Warn, "nothing is changed");
        refusal.expect("it is refused")
    };
    let invalid = |text: &str| (ErrorCode::InvalidRequest, text.to_owned());
    let config = |text: &str| (ErrorCode::InvalidConfig, text.to_owned());
    let root = |operation, value| edit("root", operation, value);
    assert_eq!(
        refused("2", root(AlterOp::Set, Some("INFO"))),
        invalid("Unexpected node id. Expected 1, but received 2")
    );
    assert_eq!(
        refused("", root(AlterOp::Set, Some("INFO"))),
        invalid("Node id must be an integer, but it is: ")
    );
    assert_eq!(refused("1", root(AlterOp::Set, None)), invalid("Null value not supported for : root"));
    assert_eq!(refused("1", good.clone()), invalid("Error due to duplicate config keys"));
    assert_eq!(
        refused("1", root(AlterOp::Delete, None)),
        invalid("Removing the log level of the root logger is not allowed")
    );
    assert_eq!(
        refused("1", root(AlterOp::Append, Some("INFO"))),
        invalid("APPEND operation is not allowed for the BROKER_LOGGER resource")
    );
    assert_eq!(refused("1", edit("b", AlterOp::Set, Some("INFO"))), config("Logger b does not exist!"));
    assert_eq!(
        refused("1", root(AlterOp::Set, Some("info"))),
        config(
            "Cannot set the log level of root to info as it is not a supported log level. Valid log levels are \
             DEBUG, ERROR, FATAL, INFO, TRACE, WARN"
        )
    );
}
