//! Sets of nodes: replicas, and those in sync.

use jackdaw_base::NodeId;
use smallvec::SmallVec;

/// A few nodes, without allocation up to four.
pub type NodeSet = SmallVec<[NodeId; 4]>;
