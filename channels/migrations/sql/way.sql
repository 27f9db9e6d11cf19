ALTER TABLE channels_message
  ADD COLUMN provider_id bigint,  -- who took it, or failed it last; null before, and where no provider has a row
  ADD COLUMN sent_as text;        -- the channel that it went on instead of its own; null for its own
