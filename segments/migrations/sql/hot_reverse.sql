DROP TABLE segments_member;
