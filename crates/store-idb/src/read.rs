//! Reading, through rexie.

use effigy_store::{Range, StoreError, Table, TableUsage, Usage};
use rexie::{Direction, KeyRange, Rexie, Store, TransactionMode};
use wasm_bindgen::JsValue;

use crate::convert::{key_bytes, key_range, value_bytes, value_length};
use crate::failure::{Failure, foreign, reading};

/// How many records of a table are measured to estimate its bytes.
const SAMPLE: u32 = 16;

/// Finds the value of a key.
pub(crate) async fn read(
    rexie: &Rexie,
    table: Table,
    key: &JsValue,
) -> Result<Option<Vec<u8>>, Failure> {
    let store = store(rexie, table)?;
    match store.get(key.clone()).await.map_err(reading)? {
        None => Ok(None),
        Some(value) if value.is_undefined() => Ok(None),
        Some(value) => Ok(Some(value_bytes(&value)?)),
    }
}

/// Lists a range that is not empty.
pub(crate) async fn scan(rexie: &Rexie, range: &Range) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Failure> {
    let store = store(rexie, range.table)?;
    let limit = u32::try_from(range.limit).ok();
    let rows = match (range.reverse, limit) {
        // A cursor costs a request a record, but nothing else begins at the end.
        (true, Some(limit)) => {
            let direction = Some(Direction::Prev);
            store.scan(key_range(range)?, Some(limit), None, direction).await.map_err(reading)?
        }
        (true, None) => {
            let mut rows = all(&store, range, None).await?;
            rows.reverse();
            rows
        }
        (false, limit) => all(&store, range, limit).await?,
    };
    let rows = rows.iter().map(|(key, value)| Ok((key_bytes(key)?, value_bytes(value)?)));
    rows.collect::<Result<_, StoreError>>().map_err(Failure::Store)
}

/// Lists a range from its start, in two requests of one transaction.
async fn all(
    store: &Store,
    range: &Range,
    limit: Option<u32>,
) -> Result<Vec<(JsValue, JsValue)>, Failure> {
    let keys = store.get_all_keys(key_range(range)?, limit).await.map_err(reading)?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let values = store.get_all(key_range(range)?, limit).await.map_err(reading)?;
    if keys.len() != values.len() {
        return Err(foreign("keys without values").into());
    }
    Ok(keys.into_iter().zip(values).collect())
}

/// Counts every table, and estimates its bytes from a few records.
pub(crate) async fn usage(rexie: &Rexie) -> Result<Usage, Failure> {
    let mut usage = Usage::default();
    for table in Table::ALL {
        let store = store(rexie, *table)?;
        let records = store.count(None).await.map_err(reading)?;
        let bytes = estimate(&store, records).await?;
        usage.note(*table, TableUsage { bytes, records: u64::from(records) });
    }
    Ok(usage)
}

/// The bytes of a table: measured when it is small, scaled up from a spread sample when not.
async fn estimate(store: &Store, records: u32) -> Result<u64, Failure> {
    let mut measured = 0;
    let n_measured = records.min(SAMPLE);
    for n in 0..n_measured {
        // The places divide the table evenly; the products need more than 32 bits.
        let place = u64::from(n) * u64::from(records) / u64::from(n_measured);
        let offset = u32::try_from(place).ok().filter(|place| *place > 0);
        let found = store.scan(None::<KeyRange>, Some(1), offset, None).await.map_err(reading)?;
        for (key, value) in &found {
            measured += key_bytes(key)?.len() as u64 + u64::from(value_length(value)?);
        }
    }
    if n_measured == 0 {
        return Ok(0);
    }
    Ok(measured.saturating_mul(u64::from(records)) / u64::from(n_measured))
}

/// Opens a transaction that reads one table. It ends by itself behind the last request.
fn store(rexie: &Rexie, table: Table) -> Result<Store, Failure> {
    let transaction = rexie.transaction(&[table.name()], TransactionMode::ReadOnly);
    transaction.and_then(|transaction| transaction.store(table.name())).map_err(reading)
}
