//! The bound on what the expressions of one request may cost.

use super::MAX_NODES;
use crate::Error;

/// How many nodes the expressions of a request may still have.
#[derive(Debug)]
pub(crate) struct Budget {
    nodes: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: MAX_NODES }
    }
}

impl Budget {
    /// Takes one node.
    pub(crate) fn spend(&mut self, position: usize) -> Result<(), Error> {
        self.nodes = self.nodes.checked_sub(1).ok_or_else(|| {
            Error::bad_request(format!("The request has more than {MAX_NODES} terms")).at(position)
        })?;
        Ok(())
    }
}
