//! Rows: how quotas are measured, and delegation tokens.

use crate::declare::{definitions, int, long, null, password};
use crate::value::Secret;
use crate::value_type::ValueType;

definitions! { Broker;
    CLIENT_QUOTA_CALLBACK_CLASS: Option<String> = "client.quota.callback.class" =>
        null(ValueType::Class).low().protects(),
        "The class that decides which quota a client has.";
    QUOTA_WINDOW_NUM: i32 = "quota.window.num" => int("11").at_least(1).low(),
        "Over how many windows client quotas are measured.";
    QUOTA_WINDOW_SIZE_SECONDS: i32 = "quota.window.size.seconds" => int("1").at_least(1).low(),
        "How long such a window lasts.";
    REPLICATION_QUOTA_WINDOW_NUM: i32 = "replication.quota.window.num" => int("11").at_least(1).low(),
        "Over how many windows replication quotas are measured.";
    REPLICATION_QUOTA_WINDOW_SIZE_SECONDS: i32 = "replication.quota.window.size.seconds" =>
        int("1").at_least(1).low(),
        "How long such a window lasts.";
    ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_NUM: i32 = "alter.log.dirs.replication.quota.window.num" =>
        int("11").at_least(1).low(),
        "Over how many windows moves between directories are measured.";
    ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_SIZE_SECONDS: i32 = "alter.log.dirs.replication.quota.window.size.seconds" =>
        int("1").at_least(1).low(),
        "How long such a window lasts.";
    CONTROLLER_QUOTA_WINDOW_NUM: i32 = "controller.quota.window.num" => int("11").at_least(1).low(),
        "Over how many windows changes of metadata are measured.";
    CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS: i32 = "controller.quota.window.size.seconds" =>
        int("1").at_least(1).low(),
        "How long such a window lasts.";
    DELEGATION_TOKEN_SECRET_KEY: Option<Secret> = "delegation.token.secret.key" => password().protects(),
        "The secret that signs delegation tokens; the same on all nodes.";
    DELEGATION_TOKEN_MAX_LIFETIME_MS: i64 = "delegation.token.max.lifetime.ms" =>
        long("604800000").at_least(1),
        "How long a delegation token can live however often it is renewed.";
    DELEGATION_TOKEN_EXPIRY_TIME_MS: i64 = "delegation.token.expiry.time.ms" => long("86400000").at_least(1),
        "How long a delegation token lives until it must be renewed.";
    DELEGATION_TOKEN_EXPIRY_CHECK_INTERVAL_MS: i64 = "delegation.token.expiry.check.interval.ms" =>
        long("3600000").at_least(1).low(),
        "How often expired delegation tokens are removed.";
}
