//! Parts of pages: properties in, view out. A part calls no server function by itself.

pub mod dependency_picture;
pub mod frame;
pub mod notice;
pub mod page_header;
pub mod status_badge;
