//! The use cases of the product, each played from its beginning to its end with the clock in hand, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod register_of_resources;
mod replayed;
mod uc_01_a_task_ends_its_access;
mod uc_02_the_deployment_window;
mod uc_03_an_export_by_a_business_rule;
mod uc_04_what_acts_oddly_is_held;
mod uc_05_the_ticket_closes;
mod uc_06_a_purchase_inside_its_limits;
mod uc_07_pull_requests_and_no_merge;
mod uc_08_cases_and_nothing_beyond;
mod uc_09_containment_and_elevation;
mod uc_10_retrieval_that_can_be_attributed;
mod uc_11_a_refund_above_the_threshold;
mod uc_12_a_hijacked_agent_is_cut_off;
mod uc_13_hand_offs;
mod uc_14_standing_access_becomes_a_grant;
mod uc_15_a_secret_in_a_prompt;
mod uc_17_an_owner_leaves;
mod uc_18_nobody_registered_it;
mod uc_19_many_small_ones;
mod uc_20_nobody_asked;
mod uc_21_another_build;
mod uc_22_one_run;
mod uc_24_another_role;
mod world;
