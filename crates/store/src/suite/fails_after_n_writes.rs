//! Whenever writing fails: what was acknowledged is there on reopening, and nothing in part.

use std::collections::BTreeMap;

use super::{Place, contents};
use crate::{Batch, Fault, Faulty, Key, Store, Table};

/// Whenever writing fails: what was acknowledged is there on reopening, and nothing in part.
pub async fn fails_after_n_writes<P: Place>() {
    for fault in [Fault::Vanish, Fault::Land] {
        for n_writes in 0..=workload().len() {
            let (acknowledged, found) = fail_after::<P>(n_writes, fault).await;
            assert_eq!(acknowledged, n_writes);
            let expected = match fault {
                Fault::Land => model(n_writes + 1),
                Fault::Vanish | Fault::Tear => model(n_writes),
            };
            assert_eq!(found, expected, "after {n_writes} writes, {fault:?}");
        }
    }
}

/// Runs the workload against a store that fails; how many batches it acknowledged, and what is
/// there after reopening.
async fn fail_after<P: Place>(n_writes: usize, fault: Fault) -> (usize, BTreeMap<Key, Vec<u8>>) {
    let place = P::fresh(&format!("fails_after_{n_writes}_{fault:?}")).await;
    let store = Faulty::after(n_writes as u64, place.open().await).leaving(fault);
    let mut acknowledged = 0;
    for batch in workload() {
        acknowledged += usize::from(store.apply(batch).await.is_ok());
    }
    drop(store);
    (acknowledged, contents(&place.open().await).await)
}

/// Batches as a node writes them: a pack that grows, the head that moves with it, a draft that
/// goes when it is posted, a blob.
fn workload() -> Vec<Batch> {
    let draft = Key::new(Table::Drafts, *b"draft");
    let mut batches = Vec::new();
    for n in 1..=4u8 {
        batches.push(Batch::new().put(draft.clone(), vec![n; 10]));
        let posted = Batch::new()
            .put(Key::new(Table::Packs, *b"own"), vec![n; 100 * usize::from(n)])
            .put(Key::new(Table::Heads, *b"own"), [n])
            .put(Key::new(Table::Blobs, [n]), vec![n; 5_000])
            .delete(draft.clone())
            .delete(Key::new(Table::Blobs, [n - 1]));
        batches.push(posted.strict());
    }
    batches
}

/// What must be there when the first so many batches of the workload have landed.
fn model(n_batches: usize) -> BTreeMap<Key, Vec<u8>> {
    let mut model = BTreeMap::new();
    for batch in workload().into_iter().take(n_batches) {
        for key in batch.deletes {
            model.remove(&key);
        }
        model.extend(batch.puts);
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;
    use crate::suite::block_on;

    struct Memory(MemoryStore);

    impl Place for Memory {
        type Store = MemoryStore;

        async fn fresh(_name: &str) -> Self {
            Self(MemoryStore::new())
        }

        async fn open(&self) -> MemoryStore {
            self.0.clone()
        }
    }

    /// The promise can be broken: a store that tears a batch is noticed.
    #[test]
    fn a_torn_batch_is_noticed() {
        let torn = (0..workload().len()).filter(|n| {
            let (_, found) = block_on(fail_after::<Memory>(*n, Fault::Tear));
            found != model(*n) && found != model(n + 1)
        });
        assert_eq!(torn.count(), 4, "every second batch has something to tear");
    }
}
