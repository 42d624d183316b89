//! A part of a projection's rows, and its packed form.
//!
//! Loans are spread over a fixed number of partitions by the CRC-32 of their id. So a partition is a function of the set
//! of loans alone and not of the order in which they came, and a checkpoint rewrites only the partitions that changed:
//! the packed bytes of the others are kept.

use super::Projection;
use super::packed::{Packed, compress, decompress, out_of_range};
use crate::checkpoint::Distrust;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct IndexEntry<'a, H> {
    #[serde(borrow)]
    loan: &'a str,
    len: u32,
    hint: H,
}

enum Held<R> {
    /// In the packed rows, at these bytes.
    Stored(Range<usize>),
    /// Decoded, changed or not; empty only while it is being changed.
    Live(Box<Option<R>>),
}

/// What is done with a visited row.
type Each<'a, R, E> = dyn FnMut(&Arc<str>, &R) -> Result<(), E> + 'a;

struct Slot<P: Projection> {
    held: Held<P::Row>,
    /// Absent while the row is being changed.
    hint: Option<P::Hint>,
}

pub(crate) struct Partition<P: Projection> {
    rows: BTreeMap<Arc<str>, Slot<P>>,
    /// The packed form; kept beside changed rows because stored rows still point into it.
    packed: Packed,
    /// The packed rows, decompressed, once a row was changed.
    data: Option<Vec<u8>>,
    dirty: bool,
}

impl<P: Projection> Default for Partition<P> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), packed: Packed::default(), data: None, dirty: false }
    }
}

impl<P: Projection> Partition<P> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Opens a packed partition: decodes the index, not the rows.
    pub fn open(packed: Packed) -> Result<Self, Distrust> {
        let index = decompress(&packed.index, packed.index_len)?;
        let entries: Vec<IndexEntry<'_, P::Hint>> = postcard::from_bytes(&index).map_err(damaged)?;
        if u32::try_from(entries.len()) != Ok(packed.rows) {
            return Err(Distrust::Damaged("a partition has another number of rows than its header says".into()));
        }
        let mut at = 0_usize;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let end = usize::try_from(entry.len).ok().and_then(|len| at.checked_add(len)).ok_or_else(out_of_range)?;
            rows.push((Arc::from(entry.loan), Slot { held: Held::Stored(at..end), hint: Some(entry.hint) }));
            at = end;
        }
        if u32::try_from(at) != Ok(packed.data_len) {
            return Err(out_of_range());
        }
        Ok(Self { rows: rows.into_iter().collect(), packed, data: None, dirty: false })
    }

    /// Changes a row in place. After an error the row is gone; the caller has to fold it again.
    pub fn change<E: From<Distrust>>(
        &mut self,
        loan: &str,
        apply: impl FnOnce(&mut Option<P::Row>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.dirty = true;
        let Some(slot) = self.rows.get_mut(loan) else {
            let mut row = None;
            apply(&mut row)?;
            self.put(loan, row);
            return Ok(());
        };
        if let Held::Stored(range) = &slot.held {
            let data = match &mut self.data {
                Some(data) => data,
                none => none.insert(decompress(&self.packed.data, self.packed.data_len)?),
            };
            slot.held = Held::Live(Box::new(Some(decode(data, range)?)));
        }
        slot.hint = None;
        let changed = match &mut slot.held {
            Held::Live(row) => apply(row).map(|()| row.is_some()),
            Held::Stored(_) => Ok(true),
        };
        if !matches!(changed, Ok(true)) {
            self.rows.remove(loan);
        }
        changed.map(|_| ())
    }

    /// Replaces a row, or takes it away.
    pub fn put(&mut self, loan: &str, row: Option<P::Row>) {
        self.dirty = true;
        if row.is_some() {
            self.rows.insert(Arc::from(loan), Slot { held: Held::Live(Box::new(row)), hint: None });
        } else {
            self.rows.remove(loan);
        }
    }

    pub fn get(&self, loan: &str) -> Result<Option<Cow<'_, P::Row>>, Distrust>
    where
        P::Row: Clone,
    {
        match self.rows.get(loan).map(|slot| &slot.held) {
            None => Ok(None),
            Some(Held::Live(row)) => Ok(row.as_ref().as_ref().map(Cow::Borrowed)),
            Some(Held::Stored(range)) => Ok(Some(Cow::Owned(decode(&self.unpacked()?, range)?))),
        }
    }

    fn unpacked(&self) -> Result<Cow<'_, [u8]>, Distrust> {
        Ok(match &self.data {
            Some(data) => Cow::Borrowed(data.as_slice()),
            None => Cow::Owned(decompress(&self.packed.data, self.packed.data_len)?),
        })
    }

    /// Every row as it is stored.
    pub fn row_bytes(&self) -> Result<BTreeMap<Arc<str>, Vec<u8>>, Distrust> {
        let data = self.unpacked()?;
        let bytes = |held: &Held<P::Row>| match held {
            Held::Live(row) => {
                row.as_ref().as_ref().map_or(Ok(Vec::new()), |row| postcard::to_stdvec(row).map_err(damaged))
            }
            Held::Stored(range) => data.get(range.clone()).map(<[u8]>::to_vec).ok_or_else(out_of_range),
        };
        self.rows.iter().map(|(loan, slot)| Ok((loan.clone(), bytes(&slot.held)?))).collect()
    }

    /// Shows every hint; where `wanted` answers yes, the row too.
    pub fn visit<E: From<Distrust>>(
        &self,
        wanted: &mut dyn FnMut(&Arc<str>, &P::Hint) -> bool,
        each: &mut Each<'_, P::Row, E>,
    ) -> Result<(), E> {
        let mut data: Option<Cow<'_, [u8]>> = None;
        for (loan, slot) in &self.rows {
            match &slot.held {
                Held::Live(row) => {
                    let Some(row) = row.as_ref() else { continue };
                    let yes = match &slot.hint {
                        Some(hint) => wanted(loan, hint),
                        None => wanted(loan, &P::hint(row)),
                    };
                    if yes {
                        each(loan, row)?;
                    }
                }
                Held::Stored(range) => {
                    if slot.hint.as_ref().is_none_or(|hint| wanted(loan, hint)) {
                        if data.is_none() {
                            data = Some(self.unpacked()?);
                        }
                        each(loan, &decode::<P::Row>(data.as_deref().unwrap_or_default(), range)?)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The packed form, as the last [`Self::pack`] left it.
    pub const fn packed(&self) -> &Packed {
        &self.packed
    }

    /// Brings the packed form up to date: as it was if no row changed, else packed anew. Rows that were not decoded are
    /// copied as bytes.
    pub fn pack(&mut self) -> Result<(), Distrust> {
        if self.dirty {
            let old = self.unpacked()?;
            let mut data = Vec::new();
            let mut lengths = Vec::with_capacity(self.rows.len());
            for slot in self.rows.values() {
                let start = data.len();
                match &slot.held {
                    Held::Stored(range) => data.extend_from_slice(old.get(range.clone()).ok_or_else(out_of_range)?),
                    Held::Live(row) => {
                        if let Some(row) = row.as_ref() {
                            data = postcard::to_extend(row, data).map_err(damaged)?;
                        }
                    }
                }
                lengths.push(u32::try_from(data.len().saturating_sub(start)).map_err(|_| out_of_range())?);
            }
            for slot in self.rows.values_mut() {
                if let (Held::Live(row), None) = (&slot.held, &slot.hint) {
                    slot.hint = row.as_ref().as_ref().map(P::hint);
                }
            }
            let entries: Vec<IndexEntry<'_, &P::Hint>> = self
                .rows
                .iter()
                .zip(&lengths)
                .filter_map(|((loan, slot), &len)| slot.hint.as_ref().map(|hint| IndexEntry { loan, len, hint }))
                .collect();
            let index = postcard::to_stdvec(&entries).map_err(damaged)?;
            let rows = u32::try_from(self.rows.len()).map_err(|_| out_of_range())?;
            self.packed = Packed {
                rows,
                index_len: u32::try_from(index.len()).map_err(|_| out_of_range())?,
                index: compress(&index)?,
                data_len: u32::try_from(data.len()).map_err(|_| out_of_range())?,
                data: compress(&data)?,
            };
            self.repoint(&lengths)?;
            self.data = None;
            self.dirty = false;
        }
        Ok(())
    }

    /// After packing, stored rows lie elsewhere.
    fn repoint(&mut self, lengths: &[u32]) -> Result<(), Distrust> {
        let mut at = 0_usize;
        for (slot, len) in self.rows.values_mut().zip(lengths) {
            let end = usize::try_from(*len).ok().and_then(|len| at.checked_add(len)).ok_or_else(out_of_range)?;
            if let Held::Stored(range) = &mut slot.held {
                *range = at..end;
            }
            at = end;
        }
        Ok(())
    }
}

fn decode<R: serde::de::DeserializeOwned>(data: &[u8], range: &Range<usize>) -> Result<R, Distrust> {
    let bytes = data.get(range.clone()).ok_or_else(out_of_range)?;
    let (row, rest) = postcard::take_from_bytes::<R>(bytes).map_err(damaged)?;
    if rest.is_empty() { Ok(row) } else { Err(out_of_range()) }
}

fn damaged(error: postcard::Error) -> Distrust {
    Distrust::Damaged(error.to_string())
}
