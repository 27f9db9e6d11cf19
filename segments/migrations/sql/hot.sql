-- Who is on an uploaded list.
CREATE TABLE segments_member (
    lane        smallint NOT NULL,
    list_id     integer  NOT NULL,                 -- segments_list
    profile_id  bigint   NOT NULL,
    PRIMARY KEY (lane, list_id, profile_id)
);
