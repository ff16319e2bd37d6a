//! The use cases of the product, each played from its beginning to its end with the clock in hand, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod uc_01_a_task_ends_its_access;
mod uc_02_the_deployment_window;
mod uc_05_the_ticket_closes;
mod uc_11_a_refund_above_the_threshold;
mod uc_13_hand_offs;
mod uc_14_standing_access_becomes_a_grant;
mod uc_19_many_small_ones;
mod uc_20_nobody_asked;
mod uc_21_another_build;
mod uc_22_one_run;
mod world;
