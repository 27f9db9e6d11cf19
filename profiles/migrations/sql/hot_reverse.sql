-- Takes hot.sql back, and everything in it with it.
DROP TABLE profiles_suppression;
DROP TABLE profiles_device;
DROP TABLE profiles_eventkey;
DROP TABLE profiles_event;
DROP TABLE profiles_inbox;
DROP SEQUENCE profiles_event_id_seq;
DROP TABLE profiles_identity;
DROP TABLE profiles_profile;
