//! Settlement reports of card processors.

pub(crate) mod adyen;
pub(crate) mod stripe;
