//! Parts of pages: properties in, view out. A part calls no server function by itself.

pub mod definition_form;
pub mod definition_steps;
pub mod dependency_picture;
pub mod entrance_field;
pub mod error_card;
pub mod field;
pub mod frame;
pub mod live_sign;
pub mod log_view;
pub mod moment;
pub mod notice;
pub mod page_header;
pub mod problem_list;
pub mod progress_bar;
pub mod question;
pub mod start_values;
pub mod status_badge;
pub mod step_fields;
pub mod step_panel;
pub mod step_switches;
pub mod task_table;
pub mod word_choice;
pub mod workflow_controls;
pub mod workflow_table;
