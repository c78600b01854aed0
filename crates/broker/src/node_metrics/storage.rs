//! Data directories: whether they are in use, how their group commit does, and the files that are open.

use std::fmt;

use jackdaw_store::{DataDirectory, FileCache};

use super::{count, gauge};
use crate::metrics::Scrape;
use crate::node::Node;

const NS_PER_MS: f64 = 1e6;

pub(super) fn collect(node: &Node, files: &FileCache, out: &mut Scrape<'_>) -> fmt::Result {
    let directories: Vec<(String, &DataDirectory)> = node
        .storage
        .directories()
        .map(|directory| (directory.path().display().to_string(), directory.as_ref()))
        .collect();
    let offline = directories.iter().filter(|(_, directory)| !directory.is_online()).count();
    let help = "Data directories that are not used until a restart";
    gauge(out, "kafka_log_logmanager_offlinelogdirectorycount", help, count(offline))?;
    out.gauges("kafka_log_logmanager_logdirectoryoffline", "1 if it is offline", |family| {
        directories.iter().try_for_each(|(path, directory)| {
            family.gauge(&[("logdirectory", path)], i64::from(!directory.is_online()))
        })
    })?;
    let help = "Time of each round of syncs, in milliseconds; what arrives meanwhile shares the next round";
    out.histograms("kafka_log_logflushstats_logflushrateandtimems", help, |family| {
        directories.iter().try_for_each(|(path, directory)| {
            family.histogram(&[("logdirectory", path)], directory.flusher().sync_time(), NS_PER_MS)
        })
    })?;
    let mut counters = |name: &str, help: &str, value: fn(&DataDirectory) -> u64| {
        out.counters(name, help, |family| {
            directories
                .iter()
                .try_for_each(|(path, directory)| family.counter(&[("logdirectory", path)], value(directory)))
        })
    };
    counters("jackdaw_flushed_logs", "Logs that were synced, once a round", |one| {
        one.flusher().logs_synced()
    })?;
    counters("jackdaw_flush_failures", "Logs whose sync failed", |one| one.flusher().logs_failed())?;
    let help = "Appends refused for want of room or descriptors";
    counters("jackdaw_refused_appends", help, DataDirectory::refused_appends)?;
    let counts = files.counts();
    gauge(out, "jackdaw_segment_files_open", "Files of segments that are open", count(counts.held))?;
    out.counters("jackdaw_segment_files_opened", "Files of segments that were opened", |family| {
        family.counter(&[], counts.opened)
    })?;
    let help = "Files of segments that were closed because others were needed";
    out.counters("jackdaw_segment_files_closed", help, |family| family.counter(&[], counts.closed))
}
