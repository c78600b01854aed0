//! Rows: what only Jackdaw has. Each name starts with `jackdaw.`, so that no name of Kafka's is ever taken.

use crate::declare::{boolean, definitions, int, long, string};

definitions! { Broker;
    JACKDAW_HTTP_HOST: String = "jackdaw.http.host" => string("127.0.0.1").not_empty().active(),
        "The address at which metrics, health and version are served over HTTP.";
    JACKDAW_HTTP_PORT: i32 = "jackdaw.http.port" => int("9644").between(-1, 65_535).active(),
        "The port of that address; 0 takes any free one, -1 serves nothing.";
    JACKDAW_REQUEST_SLOW_MS: i64 = "jackdaw.request.slow.ms" => long("1000").at_least(1).cluster_wide().active(),
        "From which duration on a request is named in the log, with the time of each of its stages.";
    JACKDAW_GROUP_HEARTBEAT_PARKING_ENABLE: bool = "jackdaw.group.heartbeat.parking.enable" =>
        boolean("true").cluster_wide().active(),
        "Whether heartbeats of group members are answered when there is something to say, for clients that bear it.";
    JACKDAW_GROUP_LAG_SERIES_MAX: i32 = "jackdaw.group.lag.series.max" =>
        int("10000").at_least(0).cluster_wide().active(),
        "How many partitions of groups are told of in the metrics of lag; those that lag most come first.";
}
