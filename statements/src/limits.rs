//! What one file may cost.

/// Bounds on what a reader takes. The defaults fit a month of a large merchant and no more than about 2 GiB of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file, and of everything that is unpacked from one file together.
    pub bytes: u64,
    /// How many times larger than its packed form an unpacked file may be.
    pub expansion: u64,
    /// Files in one archive.
    pub files: usize,
    /// Bytes of one field, tag or text.
    pub field: usize,
    /// Nesting of elements.
    pub depth: usize,
    /// Elements below one entry of a statement.
    pub elements: usize,
    /// Entries of all statements in one file.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            expansion: 250,
            files: 64,
            field: 64 * 1024,
            depth: 48,
            elements: 400_000,
            entries: 5_000_000,
        }
    }
}
