//! Groups: how many there are, and how far each of them is behind, with whoever reads there. The number of series has a
//! limit, `jackdaw.group.lag.series.max`.

use std::fmt;

use super::{count, gauge};
use crate::coordinators::lag::{Lag, Rates};
use crate::metrics::{Family, Scrape};
use crate::node::Node;

type Read = fn(&Lag) -> Option<f64>;

/// Names behind `jackdaw_group_`.
const OF_EACH: [(&str, &str, Read); 5] = [
    ("lag_records", "Records that are there and not committed by the group", |lag| Some(lag.records as f64)),
    ("lag_seconds", "Age of the batch that the group's next record is in; 0 if it has read all", |lag| {
        if lag.records == 0 { Some(0.0) } else { lag.seconds }
    }),
    ("commit_rate", "Offsets that the group commits in a second", |lag| {
        lag.rates.map(|Rates { committed, .. }| committed)
    }),
    ("produce_rate", "Offsets that are produced in a second where the group reads", |lag| {
        lag.rates.map(|Rates { produced, .. }| produced)
    }),
    (
        "catch_up_seconds",
        "When the group will have caught up if it goes on as it does; absent if it does not gain",
        Lag::catch_up_seconds,
    ),
];

pub(super) fn collect(node: &Node, out: &mut Scrape<'_>) -> fmt::Result {
    let all = node.groups.lags();
    for (name, help, read) in OF_EACH {
        out.gauges(&format!("jackdaw_group_{name}"), help, |family| {
            all.lags.iter().try_for_each(|lag| match read(lag) {
                Some(value) => sample(family, lag, value),
                None => Ok(()),
            })
        })?;
    }
    out.gauges(
        "jackdaw_group_lag_records_sum",
        "Records that the group has not committed, in all",
        |family| all.sums.iter().try_for_each(|(group, records)| family.gauge(&[("group", group)], *records)),
    )?;
    let help = "Partitions of groups that are not told of, beyond jackdaw.group.lag.series.max";
    gauge(out, "jackdaw_group_lag_series_left_out", help, count(all.left_out))
}

fn sample(family: &mut Family<'_>, lag: &Lag, value: f64) -> fmt::Result {
    let number = lag.position.partition.to_string();
    let owner = lag.position.owner.as_ref();
    let (member, client) = owner.map_or(("", ""), |(member, client)| (&**member, &**client));
    let labels = [
        ("group", &*lag.position.group),
        ("topic", &*lag.position.topic),
        ("partition", number.as_str()),
        ("member", member),
        ("client_id", client),
    ];
    family.gauge_f64(&labels, value)
}
