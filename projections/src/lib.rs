//! Projections of the log.
